import { RunFailedError } from '../../../../runflow/errors';
import { namedRun, type Run } from '../../../../runflow/run';
import { mayDeliver } from '../../../../runflow/status';
import { deadlineIn } from '../../deadline';
import { downloadTime, listImages } from '../../output/images';
import type { RunResult } from '../../output/items';
import type { Completion } from '../../parameters/node';
import type { Batch, RequestInProgress } from '../../runs/batch';
import { deliver } from '../../runs/deliver';
import { currentRun, finishRun, startRun } from '../../runs/startRun';
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
	// Its time begins with its turn, so that slow downloads of others don't use it up.
	return await downloadSlots.use(
		async () => await deliver(batch, request, run, deadlineIn(limitMs)),
	);
}

/** Starts the run of an item and doesn't wait for anything. */
async function startItem(batch: Batch, request: RequestInProgress): Promise<RunResult> {
	const started = await suspendItem(batch, request);
	const { fileName } = request.plan.output;
	return { ...started, images: await listImages(batch.context, started.run, fileName) };
}

/**
 * Starts the run of an item, whose images are delivered when the execution resumes. Throws RunFailedError
 * if the run has already failed.
 */
async function suspendItem(batch: Batch, request: RequestInProgress): Promise<RunResult> {
	const { signal } = request;
	const run = await batch.runSlots.use(async () => await startRun(batch, request), signal);
	return notFailed(batch, request, run);
}

/**
 * The work to do if some of the runs that the execution was suspended for have failed: reads those once
 * more, which throws RunFailedError, and starts no runs to replace them.
 */
export function failFor(failedRuns: string[]): RequestWork {
	const ids = new Set(failedRuns);
	return async (batch, request) => {
		const { runId } = batch.ledger.runOf(request) ?? {};
		if (runId === undefined) return await suspendItem(batch, request);
		const read = ids.has(runId) ? await currentRun(batch, request) : null;
		return notFailed(batch, request, read ?? namedRun({ runId, createdAt: null }));
	};
}

function notFailed({ ledger }: Batch, request: RequestInProgress, run: Run): RunResult {
	if (!mayDeliver(run.status)) throw new RunFailedError(run);
	const { itemIndex, plan } = request;
	const { channel, output } = plan;
	return { run, images: [], channel, itemIndex, output, source: ledger.runOf(request)?.source };
}
