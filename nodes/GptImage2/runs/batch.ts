import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { Slots } from '../../../runflow/slots';
import { downloadsAtOnce } from '../output/images';
import type { Connection } from '../connection';
import type { NodeOptions } from '../parameters/node';
import { InputImages } from './inputImages';
import { KnownRuns } from './knownRuns';
import { Ledger } from './ledger';
import { Owners } from './owners';
import { nodeExecutionOf, type NodeExecution } from './reference';
import type { Request } from './request';
import { RunSlots } from './runSlots';

/** What all items of one node execution share. */
export interface Batch {
	context: IExecuteFunctions;
	client: RunflowClient;
	clientIn: Connection['clientIn'];
	options: NodeOptions;
	execution: NodeExecution;
	requests: Request[];
	ledger: Ledger;
	owners: Owners;
	knownRuns: KnownRuns;
	inputImages: InputImages;
	/** Limits how many runs are pending at once. */
	runSlots: RunSlots;
	/** Limits how many runs have their images downloaded at once. */
	downloadSlots: Slots;
}

/** Opens the batch of a node execution, with the ledger from its context. */
export function openBatch(
	context: IExecuteFunctions,
	{ client, clientIn }: Omit<Connection, 'needsItems'>,
	options: NodeOptions,
	requests: Request[],
): Batch {
	const execution = nodeExecutionOf(context);
	const owners = Owners.of(context);
	const { concurrency, reuseHours, timeoutSeconds } = options;
	return {
		context,
		client,
		clientIn,
		options,
		execution,
		requests,
		ledger: Ledger.of(context, owners, execution),
		owners,
		knownRuns: new KnownRuns({ context, client, execution, requests, reuseHours }, owners),
		inputImages: new InputImages(context, client, timeoutSeconds),
		runSlots: new RunSlots(concurrency),
		downloadSlots: new Slots(downloadsAtOnce),
	};
}

/** A request that is being processed. */
export interface RequestInProgress extends Request {
	/** Fires when nothing more should be started or waited for. */
	signal: AbortSignal;
}
