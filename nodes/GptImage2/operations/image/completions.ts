import { RunFailedError } from '../../../../runflow/errors';
import { hasSucceeded, isTerminal } from '../../../../runflow/status';
import { listImages } from '../../output/images';
import type { RunResult } from '../../output/items';
import type { Completion } from '../../parameters/node';
import type { Batch, ItemInProgress } from '../../runs/batch';
import { deliver } from '../../runs/deliver';
import { finishRun, startRun } from '../../runs/startRun';
import { subjectOf } from '../../runs/subject';
import type { ItemWork } from './inParallel';

/** What is done with each item under each completion. */
export const workByCompletion: Readonly<Record<Completion, ItemWork>> = {
	none: startItem,
	poll: pollItem,
	suspend: suspendItem,
};

/** Waits for the run of an item and delivers its images. */
async function pollItem(batch: Batch, item: ItemInProgress): Promise<RunResult> {
	const run = await batch.runSlots.use(async () => await finishRun(batch, item), item.signal);
	return await batch.downloadSlots.use(async () => await deliver(batch, item, run));
}

/** Starts the run of an item and waits for nothing. */
async function startItem(batch: Batch, item: ItemInProgress): Promise<RunResult> {
	const { itemIndex, plan, signal } = item;
	const run = await batch.runSlots.use(async () => await startRun(batch, item), signal);
	if (isTerminal(run.status) && !hasSucceeded(run.status)) throw new RunFailedError(run);
	const images = await listImages(batch.context, run, plan.output.fileName);
	return { run, images, itemIndex, output: plan.output, reused: isReused(batch, item) };
}

/** Starts the run of an item, whose images are delivered when the execution resumes. */
async function suspendItem(batch: Batch, item: ItemInProgress): Promise<RunResult> {
	const { itemIndex, plan, signal } = item;
	const run = await batch.runSlots.use(async () => await startRun(batch, item), signal);
	return { run, images: [], itemIndex, output: plan.output, reused: isReused(batch, item) };
}

/** Whether the run that was started for an item is that of an earlier execution. */
function isReused({ ledger }: Batch, item: ItemInProgress): boolean {
	return ledger.entryFor(subjectOf(item)).reused;
}
