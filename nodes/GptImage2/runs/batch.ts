import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { Slots } from '../../../runflow/slots';
import { downloadsAtOnce } from '../output/images';
import type { ImageParameters } from '../parameters/image';
import type { InputImages } from '../parameters/inputImages';
import type { NodeOptions } from '../parameters/node';
import { Claims } from './claims';
import { CrashedRuns, retriedSince } from './crashedRuns';
import { Ledger } from './ledger';
import { RecentRuns } from './recentRuns';
import { ReusableRuns, reusableSince } from './reusableRuns';
import { RunSlots } from './runSlots';
import { Uploads } from './uploads';

/** What all items of one node execution share. */
export interface Batch {
	context: IExecuteFunctions;
	client: RunflowClient;
	options: NodeOptions;
	ledger: Ledger;
	uploads: Uploads;
	crashedRuns: CrashedRuns;
	reusableRuns: ReusableRuns;
	/** Limits the runs that are pending at once. */
	runSlots: RunSlots;
	/** Limits the runs whose images are downloaded at once. */
	downloadSlots: Slots;
}

/** Opens the batch of a node execution, with the ledger that its context holds. */
export function openBatch(
	context: IExecuteFunctions,
	client: RunflowClient,
	options: NodeOptions,
): Batch {
	const ledger = Ledger.of(context);
	const claims = Claims.of(context, ledger);
	const crashedSince = retriedSince(context);
	const reuseSince = reusableSince(options.reuseHours);
	const earliest = Math.min(crashedSince ?? Date.now(), reuseSince ?? Date.now());
	const recent = new RecentRuns(client, earliest);
	return {
		context,
		client,
		options,
		ledger,
		crashedRuns: new CrashedRuns(client, recent, ledger, claims, crashedSince),
		reusableRuns: new ReusableRuns(context, client, recent, ledger, claims, reuseSince),
		uploads: new Uploads(context, client),
		runSlots: new RunSlots(options.concurrency),
		downloadSlots: new Slots(downloadsAtOnce),
	};
}

/** What one item asks for: the model and its checked parameters. */
export interface ImagePlan extends ImageParameters {
	model: string;
	/** The images to work on, null where there are none. */
	inputImages: InputImages | null;
}

/** An input item and what it asks for. */
export interface PlannedItem {
	itemIndex: number;
	plan: ImagePlan;
}

/** A planned item on its way. */
export interface ItemInProgress extends PlannedItem {
	/** Fires when nothing more is to be started or waited for. */
	signal: AbortSignal;
}
