import { RunFailedError } from '../../../../runflow/errors';
import { hasSucceeded, isTerminal } from '../../../../runflow/status';
import { deadlineIn } from '../../deadline';
import { downloadTime, listImages } from '../../output/images';
import type { RunResult } from '../../output/items';
import type { Completion } from '../../parameters/node';
import type { Batch, RequestInProgress } from '../../runs/batch';
import { deliver } from '../../runs/deliver';
import { finishRun, startRun } from '../../runs/startRun';
import type { RequestWork } from './inParallel';

/** What is done with each request under each completion. */
export const workByCompletion: Readonly<Record<Completion, RequestWork>> = {
	none: startItem,
	poll: pollItem,
	suspend: suspendItem,
};

/** Waits for the run of an item and delivers its images. */
async function pollItem(batch: Batch, request: RequestInProgress): Promise<RunResult> {
	const { downloadSlots, options, runSlots } = batch;
	const { limitMs, run } = await runSlots.use(async () => {
		const startedAt = performance.now();
		const ended = await finishRun(batch, request);
		return { run: ended, limitMs: downloadTime(startedAt, options.timeoutSeconds) };
	}, request.signal);
	// Its time begins with its turn, so that slow downloads of others cost it none.
	return await downloadSlots.use(
		async () => await deliver(batch, request, run, deadlineIn(limitMs)),
	);
}

/** Starts the run of an item and waits for nothing. */
async function startItem(batch: Batch, request: RequestInProgress): Promise<RunResult> {
	const started = await suspendItem(batch, request);
	const { run } = started;
	if (isTerminal(run.status) && !hasSucceeded(run.status)) throw new RunFailedError(run);
	const { fileName } = request.plan.output;
	return { ...started, images: await listImages(batch.context, run, fileName) };
}

/** Starts the run of an item, whose images are delivered when the execution resumes. */
async function suspendItem(batch: Batch, request: RequestInProgress): Promise<RunResult> {
	const { itemIndex, plan, signal } = request;
	const run = await batch.runSlots.use(async () => await startRun(batch, request), signal);
	const source = batch.ledger.runOf(request)?.source;
	return { run, images: [], itemIndex, output: plan.output, source };
}
