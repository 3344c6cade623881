import { randomUUID } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { isTerminal } from '../../../runflow/status';
import { toErrorRow } from '../errors/nodeErrors';
import { toItems, type RunResult } from '../output/items';
import { outputOptionsSchema } from '../parameters/output';
import type { Batch } from '../runs/batch';
import { resumedItems } from './resume';
import { wakeWhereCallbacksCannot } from './selfWake';
import { saveSuspension, type Suspension } from './suspension';

/**
 * Suspends the execution until all of the node's runs have ended, or continues at once when they have.
 * Returns the node's output: the images, or what n8n is to output should the deadline pass. `failed`
 * are the items that could not be started, where the node continues on errors.
 */
export async function suspend(
	batch: Batch,
	started: RunResult[],
	failed: Array<{ itemIndex: number; error: unknown }>,
): Promise<INodeExecutionData[]> {
	const { client, context, options } = batch;
	const suspension: Suspension = {
		id: randomUUID(),
		runs: started.map(({ run, itemIndex, output }) => ({
			itemIndex,
			runId: run.id,
			output: outputOptionsSchema.parse(output),
		})),
		errorRows: failed.map(({ itemIndex, error }) => ({
			itemIndex,
			json: toErrorRow(context.getNode(), error, itemIndex).json,
		})),
	};
	const pending = await stillPending(client, started);
	if (pending.length === 0) return await resumedItems(context, client, suspension);

	saveSuspension(context, suspension);
	outputAtDeadline(context, started, suspension);
	await context.putExecutionToWait(new Date(Date.now() + options.timeoutSeconds * 1000));
	void wakeWhereCallbacksCannot(batch, pending);
	return context.getInputData();
}

/** A quick read of what the create didn't answer as ended: the last one first, and no further than needed. */
async function stillPending(client: RunflowClient, started: RunResult[]): Promise<RunResult[]> {
	const open = started.filter(({ run }) => !isTerminal(run.status));
	for (const [position, { run }] of [...open.entries()].reverse()) {
		const read = await client.getRun(run.id).catch(() => null);
		if (read === null || !isTerminal(read.status)) return open.slice(0, position + 1);
	}
	return [];
}

/** At the deadline n8n outputs the node's *input* items, so they are overwritten with the run ids. */
function outputAtDeadline(
	context: IExecuteFunctions,
	started: RunResult[],
	{ errorRows }: Suspension,
): void {
	const input = context.getInputData();
	const rows = [
		...started.flatMap((result) =>
			toItems({ ...result, images: [], timedOut: true }).map(({ json }) => ({
				itemIndex: result.itemIndex,
				json,
			})),
		),
		...errorRows,
	];
	for (const { itemIndex, json } of rows) {
		const item = input[itemIndex];
		if (!item) continue;
		item.json = json;
		delete item.binary;
	}
}
