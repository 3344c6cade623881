import { sleep, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { retrying } from '../../../../runflow/retry';
import { hasSucceeded } from '../../../../runflow/status';
import { paceOf, waitForRun } from '../../../../runflow/waiting';
import { storeImages } from '../../output/images';
import { isTool } from '../../parameters/image';
import { readGetOptions, readRunId } from '../../parameters/run';
import { outputOf } from '../../output/tool';
import { eachItem } from '../eachItem';

/** `run` → `get`: a run as it is, or as it ended, with its images. A run that failed is a row that says why. */
export async function getRun(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { signal: unstopped } = new AbortController();
	const signal = context.getExecutionCancelSignal() ?? unstopped;
	return await eachItem(context, async (client, itemIndex) => {
		const runId = readRunId(context, itemIndex);
		const { waitUntilFinished, pollInterval, timeout, ...output } = readGetOptions(
			context,
			itemIndex,
		);
		const read = async () => await retrying(async () => await client.getRun(runId), sleep, signal);
		const first = await read();
		const pace = paceOf(pollInterval);
		const run = waitUntilFinished
			? await waitForRun({ run: first, read, pause: sleep, pace, timeout, signal })
			: first;
		if (isTool(context)) output.download = false;
		const delivered = hasSucceeded(run.status);
		const images = delivered
			? await storeImages(context, run, { output, reread: read, signal })
			: [];
		return outputOf(context, { run, images, itemIndex, output });
	});
}
