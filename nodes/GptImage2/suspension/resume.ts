import type { INodeExecutionData } from 'n8n-workflow';

import { RunFailedError, RunflowError } from '../../../runflow/errors';
import { runSchema, type Run } from '../../../runflow/run';
import { Slots } from '../../../runflow/slots';
import { hasSucceeded } from '../../../runflow/status';
import type { RequestContext } from '../connection';
import { toSuspendedErrorRow } from '../errors/errorRow';
import { explain } from '../errors/explanations';
import { downloadsAtOnce, imagesOf, listImages } from '../output/images';
import { toItems, type RunResult } from '../output/items';
import { runsToRead, type ReadRuns, type RunReader } from './pending';
import type { SuspendedRun, Suspension } from './suspension';

/**
 * The output of a suspended node whose runs have ended: each as it was read from the API, since a callback
 * is only a wake-up, and its images are delivered as when polling. `known` are those that were read just
 * now. A failure is a row of the
 * one shape with `failure`, or an error row where the node continues on errors. Never throws, because
 * that would kill the execution.
 */
export async function resumedItems(
	context: RequestContext,
	client: RunReader,
	suspension: Suspension,
	known: ReadRuns | null = null,
): Promise<INodeExecutionData[]> {
	const runs = await wholeRuns(client, suspension, known);
	const downloadSlots = new Slots(downloadsAtOnce);
	const resumed = await Promise.all(
		suspension.runs.map(async (suspended) => {
			const { itemIndex, runId } = suspended;
			const run = runs.get(runId);
			const result =
				run === undefined || run instanceof Error
					? failedResult(suspended, unreadRun(runId), run ?? new Error('not read'))
					: await downloadSlots.use(async () => await resultOf(context, client, suspended, run));
			return { itemIndex, items: itemsOf(context, suspension, result) };
		}),
	);
	const refused = suspension.errorRows.map(({ itemIndex, json }) => ({
		itemIndex,
		items: [{ json, pairedItem: { item: itemIndex } }],
	}));
	return [...resumed, ...refused]
		.sort((one, other) => one.itemIndex - other.itemIndex)
		.flatMap(({ items }): INodeExecutionData[] => items);
}

/** The runs with all that their items need: where an item includes the run, everything that the API says of it. */
async function wholeRuns(
	client: RunReader,
	suspension: Suspension,
	known: ReadRuns | null,
): Promise<ReadRuns> {
	const isWhole = suspension.runs.some(({ output }) => output.includeRun);
	const isEnough = known !== null && (!isWhole || known.size === 1);
	return isEnough
		? known
		: await client.readRuns(runsToRead(suspension), isWhole ? 'all' : 'usual');
}

/** A run's result, and the error where it has no images, or not all. */
interface Resumed {
	result: RunResult;
	error: Error | null;
}

function itemsOf(
	context: RequestContext,
	{ continuesOnError }: Suspension,
	{ error, result }: Resumed,
): INodeExecutionData[] {
	if (error === null) return toItems(result);
	if (continuesOnError) return [toSuspendedErrorRow(context.getNode(), error, result.itemIndex)];
	const failure = failureOf(result.run, error);
	return toItems({ ...result, run: { ...result.run, failure } });
}

async function resultOf(
	context: RequestContext,
	client: RunReader,
	suspended: SuspendedRun,
	run: Run,
): Promise<Resumed> {
	const { itemIndex, output, source } = suspended;
	if (!hasSucceeded(run.status) || run.images.length === 0) {
		return failedResult(suspended, run, new RunFailedError(run));
	}
	const reread = async () => await client.getRun(run.id);
	const images = await imagesOf(context, run, output, { reread }).catch(asError);
	if (!(images instanceof Error)) {
		return { result: { run, images, itemIndex, output, source }, error: null };
	}
	const listed = await listImages(context, run, output.fileName).catch(() => []);
	return { result: { run, images: listed, itemIndex, output, source }, error: images };
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}

function failedResult(suspended: SuspendedRun, run: Run, error: Error): Resumed {
	const { itemIndex, output, source } = suspended;
	return { result: { run, images: [], itemIndex, output, source }, error };
}

function failureOf(run: Run, error: Error): NonNullable<Run['failure']> {
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
