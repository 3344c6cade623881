import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { NoSuchImageError } from '../../../../runflow/errors';
import { hasSucceeded } from '../../../../runflow/status';
import { addRepeatedImagesHint } from '../../output/hints';
import { imageOf, imagesOf, type ResultImage } from '../../output/images';
import type { RunResult } from '../../output/items';
import { outputOf } from '../../output/tool';
import { readGetOptions, readRunId } from '../../parameters/run';
import { eachItem, type ItemWork } from '../eachItem';

/** `run` → `get`: a run as it is, or as it ended, with its images. A run that failed is a row that says why. */
export async function get(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const withSeveral: string[] = [];
	const rows = await eachItem(context, async (item) => {
		const result = await readResult(context, item);
		if (result.images.length > 1) withSeveral.push(result.run.id);
		return outputOf(context, result);
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
	const reread = async () => await client.getRun(runId, signal);
	const first = await reread();
	const wait = { pollSeconds, timeoutSeconds, isWhole: output.includeRun, signal };
	const read = waitUntilFinished ? await client.waitForRun(first, wait) : first;
	const run = await client.withOutput(read, signal);
	let images: ResultImage[] = [];
	if (hasSucceeded(run.status) && imageNumber === 0) {
		images = await imagesOf(context, run, output, { reread, signal });
	} else if (hasSucceeded(run.status)) {
		const index = imageNumber - 1;
		if (!run.images[index]) throw new NoSuchImageError(run, imageNumber);
		images = [await imageOf({ context, run, index }, output, { reread, signal })];
	}
	const imageCount = hasSucceeded(run.status) ? run.images.length : 0;
	return { run, images, imageCount, itemIndex, output };
}
