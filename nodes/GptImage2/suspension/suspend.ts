import { randomUUID } from 'node:crypto';

import type { INodeExecutionData } from 'n8n-workflow';

import { isTerminal } from '../../../runflow/status';
import { toSuspendedErrorRow } from '../errors/errorRow';
import { addSuspensionHints } from '../output/hints';
import { toItems, type RunResult } from '../output/items';
import { addSuspendedReuseHint } from '../output/reuseHints';
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
	const { client, context, ledger, options } = batch;
	const suspension = suspensionOf(batch, started, failed);
	const open = started.filter(({ run }) => !isTerminal(run.status));
	addSuspendedReuseHint(context, started);
	const toRead = { ids: new Set(open.map(({ run }) => run.id)), createdAt: firstCreation(open) };
	if (!(await anyPending(client, toRead))) return await resumedItems(context, client, suspension);

	const url = resumeUrlOf(context);
	const deadline = suspension.startedAt + options.timeoutSeconds * 1000;
	const calls = ({ itemIndex }: RunResult) => ledger.find(itemIndex)?.callbackUrl === url;
	const expectsCallbacks = open.every(calls);
	const isReachable = open.every((result) => result.reused || calls(result));
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
		runs: started.map(({ run, itemIndex, output, reused = false }) => ({
			itemIndex,
			runId: run.id,
			output: outputOptionsSchema.parse(output),
			reused,
		})),
		errorRows: failed.map(({ itemIndex, error }) => ({
			itemIndex,
			json: toSuspendedErrorRow(context.getNode(), error, itemIndex).json,
		})),
	};
}

/** When the first of these runs was created, in milliseconds since 1970 by the API's clock; 0 where it doesn't say. */
function firstCreation(results: RunResult[]): number {
	const created = results.map(({ run }) => Date.parse(run.created_at ?? ''));
	const first = Math.min(...created);
	return Number.isFinite(first) ? first : 0;
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
