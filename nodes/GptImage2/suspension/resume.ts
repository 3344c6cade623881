import { sleep, type INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import type { RunflowClient } from '../../../runflow/client';
import { RunFailedError, RunflowError } from '../../../runflow/errors';
import { retrying } from '../../../runflow/retry';
import { runSchema, type Run } from '../../../runflow/run';
import { settle } from '../../../runflow/settle';
import { hasSucceeded, isTerminal } from '../../../runflow/status';
import { explain } from '../errors/explanations';
import { downloadsAtOnce, storeImages } from '../output/images';
import { toItems } from '../output/items';
import type { Suspension } from './suspend';
import type { RequestContext } from '../connection';

const readsAtOnce = 10;

type SuspendedRun = Suspension['runs'][number];

/**
 * The output of a suspended node whose runs have ended: every run is read from the API, since a callback is
 * only a wake-up, and its images are stored as when polling. What went wrong is a row of the one shape with
 * `failure`. Never throws, because that would kill the execution.
 */
export async function resumedItems(
	context: RequestContext,
	client: RunflowClient,
	{ runs, errorRows }: Suspension,
): Promise<INodeExecutionData[]> {
	const readSlots = pLimit(readsAtOnce);
	const downloadSlots = pLimit(downloadsAtOnce);
	const rows = await Promise.all(
		runs.map(async (suspended) => {
			const read = await settle(
				async () => await readSlots(async () => await readRun(client, suspended.runId)),
			);
			if (!read.ok) return failedRow(suspended, unreadRun(suspended.runId), read.error);
			return await downloadSlots(async () => await itemsOf(context, client, suspended, read.value));
		}),
	);
	const items = [
		...rows.map((row, index) => ({ itemIndex: runs[index]?.itemIndex ?? 0, row })),
		...errorRows.map(({ itemIndex, json }) => ({
			itemIndex,
			row: [{ json, pairedItem: { item: itemIndex } }],
		})),
	];
	items.sort((one, other) => one.itemIndex - other.itemIndex);
	return items.flatMap(({ row }): INodeExecutionData[] => row);
}

/**
 * Reads the runs one after the other and stops at the first that is still going on. `position` is where to
 * start and where it came to: what has ended stays so, and needs no second look.
 */
export async function readOn(
	client: RunflowClient,
	{ runs }: Suspension,
	position: number,
): Promise<{ ended: boolean; position: number; pendingRunId: string | null }> {
	for (let next = position; next < runs.length; next++) {
		const runId = runs[next]?.runId ?? '';
		const { status } = await readRun(client, runId);
		if (!isTerminal(status)) return { ended: false, position: next, pendingRunId: runId };
	}
	return { ended: true, position: runs.length, pendingRunId: null };
}

async function readRun(client: RunflowClient, runId: string): Promise<Run> {
	return await retrying(async () => await client.getRun(runId), sleep);
}

async function itemsOf(
	context: RequestContext,
	client: RunflowClient,
	suspended: SuspendedRun,
	run: Run,
): Promise<INodeExecutionData[]> {
	const { itemIndex, output } = suspended;
	if (!hasSucceeded(run.status)) return failedRow(suspended, run, new RunFailedError(run));
	if (run.images.length === 0) return failedRow(suspended, run, new RunFailedError(run));
	const { signal } = new AbortController();
	const reread = async () => await readRun(client, run.id);
	const stored = await settle(
		async () => await storeImages(context, run, { output, reread, signal }),
	);
	if (stored.ok) return toItems({ run, images: stored.value, itemIndex, output });

	const addresses = await settle(
		async () =>
			await storeImages(context, run, { output: { ...output, download: false }, reread, signal }),
	);
	const images = addresses.ok ? addresses.value : [];
	const failure = failureOf(run, stored.error);
	return toItems({ run: { ...run, failure }, images, itemIndex, output });
}

function failedRow(
	{ itemIndex, output }: SuspendedRun,
	run: Run,
	error: unknown,
): INodeExecutionData[] {
	return toItems({
		run: { ...run, failure: failureOf(run, error) },
		images: [],
		itemIndex,
		output,
	});
}

function failureOf(run: Run, error: unknown): NonNullable<Run['failure']> {
	if (run.failure !== null) return run.failure;
	if (!(error instanceof RunflowError)) {
		return { code: null, message: 'The images could not be stored in n8n', stage: null };
	}
	const { message, description } = explain(error);
	return { code: error.code, message: `${message}. ${description}`, stage: null };
}

/** What is known of a run that could not be read. */
function unreadRun(runId: string): Run {
	return runSchema.parse({ id: runId, status_code: 'running' });
}
