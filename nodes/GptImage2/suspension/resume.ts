import type { INodeExecutionData } from 'n8n-workflow';

import { RunFailedError, RunflowError, returnRunflowError } from '../../../runflow/errors';
import { runSchema, type Run } from '../../../runflow/run';
import { Slots } from '../../../runflow/slots';
import { hasSucceeded } from '../../../runflow/status';
import type { RequestContext } from '../connection';
import { toSuspendedErrorRow } from '../errors/errorRow';
import { explain } from '../errors/explanations';
import { downloadsAtOnce, imagesOf, listImages } from '../output/images';
import { toItems, type RunResult } from '../output/items';
import { readOnce, type ReadRuns, type RunReader } from './reading';
import { withErrorRows, type Suspension } from './suspension';

/**
 * The output of a suspended node whose runs have ended: each as it was read from the API, since a callback
 * is only a wake-up, and its images are delivered as when polling. `known` are those that were read just
 * now. A failure is a row of the one shape with `failure`, or an error row where the node continues on
 * errors. Never throws, because that would kill the execution.
 */
export async function resumedItems(
	context: RequestContext,
	client: RunReader,
	suspension: Suspension,
	known: ReadRuns | null = null,
): Promise<INodeExecutionData[]> {
	const isWhole = suspension.runs.some(({ output }) => output.includeRun);
	const isEnough = known !== null && (!isWhole || known.size === 1);
	const runs = isEnough
		? known
		: (await readOnce(client, suspension, isWhole ? 'all' : 'usual')).runs;
	const downloadSlots = new Slots(downloadsAtOnce);
	const resumed = suspension.runs.map(async (suspended) => {
		const run = runs.get(suspended.runId) ?? new Error('not read');
		const ended = await downloadSlots.use(
			async () => await deliver(context, client, suspended, run),
		);
		return { itemIndex: suspended.itemIndex, rows: rowsOf(context, suspension, ended) };
	});
	return withErrorRows(await Promise.all(resumed), suspension);
}

/** A run's result, and the error where it has no images, or not all. */
interface Resumed {
	result: RunResult;
	error: Error | null;
}

async function deliver(
	context: RequestContext,
	client: RunReader,
	{ itemIndex, output, runId, source }: Suspension['runs'][number],
	read: Run | Error,
): Promise<Resumed> {
	const ofItem = { images: [], itemIndex, output, source };
	const run =
		read instanceof Error ? read : await client.withOutput(read).catch(returnRunflowError);
	if (run instanceof Error) return { result: { ...ofItem, run: unreadRun(runId) }, error: run };
	if (!hasSucceeded(run.status) || run.images.length === 0) {
		return { result: { ...ofItem, run }, error: new RunFailedError(run) };
	}
	try {
		const reread = async () => await client.getRun(run.id);
		const images = await imagesOf(context, run, output, { reread });
		return { result: { ...ofItem, run, images }, error: null };
	} catch (thrown) {
		const images = await listImages(context, run, output.fileName).catch(() => []);
		const error = thrown instanceof Error ? thrown : new Error(String(thrown));
		return { result: { ...ofItem, run, images }, error };
	}
}

function rowsOf(
	context: RequestContext,
	{ continuesOnError }: Suspension,
	{ error, result }: Resumed,
): INodeExecutionData[] {
	if (error === null) return toItems(result);
	if (continuesOnError) return [toSuspendedErrorRow(context.getNode(), error, result.itemIndex)];
	const failure = result.run.failure ?? failureOf(error);
	return toItems({ ...result, run: { ...result.run, failure } });
}

function failureOf(error: Error): Run['failure'] {
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
