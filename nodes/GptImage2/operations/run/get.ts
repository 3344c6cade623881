import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { NoSuchImageError } from '../../../../runflow/errors';
import { hasSucceeded } from '../../../../runflow/status';
import { deadlineIn } from '../../deadline';
import { failureRows } from '../../errors/errorRow';
import { addRepeatedImagesHint } from '../../output/hints';
import { downloadTime, eachImage, imageOf } from '../../output/images';
import type { RunResult } from '../../output/items';
import { outputOf } from '../../output/tool';
import { continuesOnError } from '../../parameters/node';
import { readGetOptions, readRunId } from '../../parameters/run';
import { eachItem, type ItemWork } from '../eachItem';

/**
 * `run` → `get`: a run with its images, as it is now or as it ended. A run that failed becomes a row that
 * says why.
 */
export async function get(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const withSeveral: string[] = [];
	const rows = await eachItem(context, async (item) => {
		const result = await readResult(context, item);
		if (result.images.length > 1) withSeveral.push(result.run.id);
		return [...outputOf(context, result), ...failureRows(context.getNode(), result)];
	});
	const repeated = withSeveral.filter((id, position) => withSeveral.indexOf(id) < position);
	if (repeated.length > 0) addRepeatedImagesHint(context, [...new Set(repeated)]);
	return rows;
}

async function readResult(
	context: IExecuteFunctions,
	{ client, itemIndex, signal }: ItemWork,
): Promise<RunResult> {
	const runId = readRunId(context, itemIndex);
	const options = readGetOptions(context, itemIndex);
	const { imageNumber, output, pollSeconds, timeoutSeconds, waitUntilFinished } = options;
	const startedAt = performance.now();
	const first = await client.getRun(runId, signal);
	const wait = { pollSeconds, timeoutSeconds, isWhole: output.includeRun, signal };
	const read = waitUntilFinished ? await client.waitForRun(first, wait) : first;
	const run = await client.withOutput(read, signal);
	if (!hasSucceeded(run.status)) return { run, images: [], itemIndex, output };
	const all = [...run.images.keys()];
	const indexes = imageNumber === 0 ? all : all.slice(imageNumber - 1, imageNumber);
	if (imageNumber > all.length) throw new NoSuchImageError(run, imageNumber);
	const deadline = deadlineIn(downloadTime(startedAt, timeoutSeconds));
	const goesOn = indexes.length > 1 && continuesOnError(context);
	const delivered = await eachImage(
		indexes,
		{ deadline, goesOn, signal },
		async (index, share) =>
			await imageOf({ context, run, index }, output, { client, deadline: share, signal }),
	);
	const [failure] = delivered.failures;
	if (failure !== undefined && delivered.images.length === 0) throw failure.error;
	return { run, ...delivered, imageCount: all.length, itemIndex, output };
}
