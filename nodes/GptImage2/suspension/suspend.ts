import { randomUUID } from 'node:crypto';

import type { INodeExecutionData } from 'n8n-workflow';

import { isTerminal } from '../../../runflow/status';
import { toSuspendedErrorRow } from '../errors/errorRow';
import type { Circumstances } from '../errors/nodeErrors';
import { addSuspensionHints, addTakenUpHint } from '../output/hints';
import { isTakenUp, toItems, type RunResult } from '../output/items';
import { outputOptionsSchema } from '../parameters/output';
import type { Batch } from '../runs/batch';
import { startAlarm } from './alarm';
import { anyPending } from './pending';
import { resumedItems } from './resume';
import { resumeUrlOf } from './resumeUrl';
import { saveSuspension, type Suspension } from './suspension';
import { watch } from './watch';

/** An item that could not be started, where the node continues on errors. */
export interface FailedItem {
	itemIndex: number;
	error: unknown;
	/** What is known beside the error. */
	known?: Circumstances;
}

/**
 * Suspends the execution until all of the node's runs have ended, or continues at once when they have.
 * Returns the node's output: the images, or nothing while it is suspended.
 */
export async function suspend(
	batch: Batch,
	started: RunResult[],
	failed: FailedItem[],
): Promise<INodeExecutionData[]> {
	const { client, context, ledger, options, requests } = batch;
	const suspension = suspensionOf(batch, started, failed);
	const open = started.filter(({ run }) => !isTerminal(run.status));
	addTakenUpHint(context, started);
	const toRead = { ids: new Set(open.map(({ run }) => run.id)), createdAt: firstCreation(open) };
	if (!(await anyPending(client.once, toRead)))
		return await resumedItems(context, client, suspension);

	const url = resumeUrlOf(context);
	const deadline = suspension.startedAt + options.timeoutSeconds * 1000;
	const called = new Set(
		requests.flatMap((request) => {
			const entry = ledger.runOf(request);
			return entry?.callbackUrl === url ? [entry.runId] : [];
		}),
	);
	const calls = ({ run }: RunResult) => called.has(run.id);
	const expectsCallbacks = open.every(calls);
	const isReachable = open.every((result) => isTakenUp(result) || calls(result));
	const { id: suspensionId, startedAt } = suspension;
	const hasAlarm = await startAlarm(context, { resumeUrl: url, suspensionId, startedAt, deadline });
	addSuspensionHints(context, { hasAlarm, isReachable });

	saveSuspension(context, suspension);
	outputAtDeadline(batch, started, suspension);
	await context.putExecutionToWait(new Date(deadline));
	void watch(batch, { suspension, url, deadline, expectsCallbacks });
	return [];
}

function suspensionOf({ context }: Batch, started: RunResult[], failed: FailedItem[]): Suspension {
	return {
		id: randomUUID(),
		startedAt: Date.now(),
		firstCreatedAt: firstCreation(started),
		continuesOnError: context.continueOnFail(),
		runs: started.map(({ run, itemIndex, output, source }) => ({
			itemIndex,
			runId: run.id,
			output: outputOptionsSchema.parse(output),
			source,
		})),
		errorRows: failed.map(({ itemIndex, error, known }) => ({
			itemIndex,
			json: toSuspendedErrorRow(context.getNode(), error, itemIndex, known).json,
		})),
	};
}

/** When the first of these runs was created, in milliseconds since 1970 by the API's clock; 0 where it doesn't say. */
function firstCreation(results: RunResult[]): number {
	return results.reduce((first, { run }) => Math.min(first, run.createdAt ?? 0), Date.now());
}

/**
 * At the deadline n8n outputs the node's *input* items, so they are replaced by the run ids. The items
 * themselves stay as they are: they belong to the node before.
 */
function outputAtDeadline(
	{ context }: Batch,
	started: RunResult[],
	{ errorRows }: Suspension,
): void {
	const handles = started.map((result) => ({
		itemIndex: result.itemIndex,
		rows: toItems({ ...result, images: [], timedOut: true }),
	}));
	const refused = errorRows.map(({ itemIndex, json }) => ({
		itemIndex,
		rows: [{ json, pairedItem: { item: itemIndex } }],
	}));
	const rows = [...handles, ...refused].sort((one, other) => one.itemIndex - other.itemIndex);
	context.getExecuteData().data.main = [rows.flatMap((row): INodeExecutionData[] => row.rows)];
}
