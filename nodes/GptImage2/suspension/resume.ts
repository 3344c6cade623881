import type { INodeExecutionData } from 'n8n-workflow';

import {
	isNotFound,
	RunFailedError,
	returnRunflowError,
	type RunflowError,
} from '../../../runflow/errors';
import { runSchema, type Run } from '../../../runflow/run';
import { Slots } from '../../../runflow/slots';
import { hasSucceeded } from '../../../runflow/status';
import type { RequestContext } from '../credential';
import { deadlineIn, timeLeft, TimeOverError, within, type Deadline } from '../deadline';
import { toSuspendedErrorRow } from '../errors/errorRow';
import {
	errorDetailsSchema,
	toNodeError,
	type Circumstances,
	type NodeError,
} from '../errors/nodeErrors';
import {
	downloadsAtOnce,
	eachImage,
	imageOf,
	listImages,
	type ResultImage,
} from '../output/images';
import { summaryOf, type Hint } from '../output/hints';
import { toItems, type RunResult } from '../output/items';
import { noteResumed } from '../runs/undelivered';
import { readOnce, type ReadRuns, type RunReader } from './reading';
import { withErrorRows, type ResumedOutput, type Suspension } from './suspension';

/**
 * How long before its deadline a suspension must be resumed, because n8n itself resumes it at the deadline,
 * without images.
 */
const resumingMs = 2_000;

/**
 * The minimum time that all images of a suspension are given together, and the maximum if nothing else
 * limits it.
 */
const shortestLimitMs = 1_000;
const longestLimitMs = 3_600_000;

/**
 * Returns the output of a suspended node whose runs have ended. Each run is read from the API, because a
 * callback is only a wake-up; its images are delivered as when polling. `known` are the runs that were just
 * read. A failure becomes a row of the usual shape with `failure`, or an error row if the node continues on
 * errors. Never throws, because that would kill the execution.
 */
export async function resumedItems(
	context: RequestContext,
	client: RunReader,
	suspension: Suspension,
	known: ReadRuns | null = null,
): Promise<ResumedOutput> {
	const isWhole = suspension.runs.some(({ output }) => output.includeRun);
	const isEnough = known !== null && (!isWhole || known.size === 1);
	const runs = isEnough
		? known
		: (await readOnce(client, suspension, isWhole ? 'all' : 'usual')).runs;
	const downloadSlots = new Slots(downloadsAtOnce);
	const leftMs = Math.max(suspension.deadline - Date.now() - resumingMs, shortestLimitMs);
	const deadlineOfAll = deadlineIn(Math.min(leftMs, longestLimitMs));
	let toDeliver = suspension.runs.length;
	const resumed = suspension.runs.map(async (suspended) => {
		const run = runs.get(suspended.runId) ?? new Error('not read');
		const ended = await downloadSlots.use(async () => {
			const rounds = Math.ceil(toDeliver-- / downloadsAtOnce);
			const share = deadlineIn(timeLeft(deadlineOfAll, rounds));
			return await deliver({ context, client, deadline: share }, suspended, run);
		});
		noteDelivered(suspension, suspended, ended);
		return ended;
	});
	const ended = await Promise.all(resumed);
	const rows = ended.map((one, index) => ({
		itemIndex: one.result.itemIndex,
		rows: rowsOf(context, suspension, one, index + 1),
	}));
	return { items: withErrorRows(rows, suspension), hints: hintsFor(ended, suspension) };
}

function hintsFor(ended: Resumed[], { errorRows }: Suspension): Hint[] {
	const finished = ended.filter(
		({ failures, result }) => failures.length === 0 || result.images.length > 0,
	);
	const missing = ended.flatMap(({ failures }) => failures);
	return summaryOf(
		finished.map(({ result }) => result),
		missing.length + errorRows.length,
	);
}

/** A run with its delivered images, and the reasons why others were not delivered or there is none. */
interface Resumed {
	result: RunResult;
	failures: Array<{ error: unknown; listed: ResultImage[] }>;
}

/** Offers a run with a missing image to the next execution that asks for the same. */
function noteDelivered(
	{ scope }: Suspension,
	{ createdAt = null, hash, runId, source }: Suspension['runs'][number],
	{ failures }: Resumed,
): void {
	const isOver = failures.some(
		({ error }) => (error instanceof RunFailedError && error.isOver) || isNotFound(error),
	);
	if (scope === undefined || hash === undefined || isOver || source === 'reuse') return;
	noteResumed(scope, { runId, hash, createdAt }, failures.length === 0);
}

async function deliver(
	{ context, client, deadline }: { context: RequestContext; client: RunReader; deadline: Deadline },
	{ channel, itemIndex, output, runId, source }: Suspension['runs'][number],
	read: Run | Error,
): Promise<Resumed> {
	const ofItem = { channel, images: [], itemIndex, output, source };
	const failed = (ofRun: Run, error: Error): Resumed => ({
		result: { ...ofItem, run: ofRun },
		failures: [{ error, listed: [] }],
	});
	const run = read instanceof Error ? read : await withOutputBy(deadline, client, read);
	if (run instanceof Error) return failed(unreadRun(runId), run);
	if (!hasSucceeded(run.status) || run.images.length === 0) {
		return failed(run, new RunFailedError(run));
	}
	const indexes = [...run.images.keys()];
	const { failures, images } = await eachImage(
		indexes,
		{ deadline, goesOn: true },
		async (index, share) =>
			await imageOf({ context, run, index }, output, { client, deadline: share }),
	);
	const listed = failures.map(async ({ error, index }) => ({
		error,
		listed: await listImages(context, run, output.fileName, [index]).catch(() => []),
	}));
	return {
		result: { ...ofItem, run, images, imageCount: indexes.length },
		failures: await Promise.all(listed),
	};
}

/**
 * Returns a run with its images if they are available by the deadline; otherwise the run as it was read.
 */
async function withOutputBy(
	deadline: Deadline,
	client: RunReader,
	read: Run,
): Promise<Run | RunflowError> {
	const output = async (signal: AbortSignal) => await client.withOutput(read, signal);
	return await within(timeLeft(deadline), output).catch((error: unknown) =>
		error instanceof TimeOverError ? read : returnRunflowError(error),
	);
}

/**
 * Returns the rows of a run. An image that wasn't delivered becomes an error row, or a row with its URL and
 * `failure`.
 */
function rowsOf(
	context: RequestContext,
	{ continuesOnError, runs }: Suspension,
	{ failures, result }: Resumed,
	number: number,
): INodeExecutionData[] {
	const { images, itemIndex, output, run } = result;
	const rows = images.length > 0 || failures.length === 0 ? toItems(result) : [];
	const node = context.getNode();
	const { prompt } = run;
	const isWhole = images.length + failures.length === 1;
	const { channel } = result;
	const picture = isWhole ? { number, of: runs.length, prompt, channel } : undefined;
	const known: Circumstances = { runId: run.id, place: 'resumed', picture, prompt };
	if (continuesOnError) {
		return [
			...rows,
			...failures.map(({ error }) => toSuspendedErrorRow(node, error, itemIndex, known)),
		];
	}
	const failed = failures.map(({ error, listed }): RunResult => {
		const failure = run.failure ?? failureOf(toNodeError(node, error, itemIndex, known));
		return { ...result, images: listed, run: { ...run, failure } };
	});
	const [first] = failed;
	if (first === undefined || output.output === 'perImage')
		return [...rows, ...failed.flatMap(toItems)];
	const all = [result, ...failed].flatMap((part) => part.images);
	return toItems({ ...first, images: all.sort((one, other) => one.index - other.index) });
}

function failureOf({ context, description, message }: NodeError): Run['failure'] {
	const { code } = errorDetailsSchema.parse(context);
	return { code, message: `${message}. ${description}`, stage: null };
}

/** What is known about a run that could not be read. */
function unreadRun(runId: string): Run {
	return runSchema.parse({ id: runId, status_code: 'running' });
}
