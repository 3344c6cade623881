import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { hasSucceeded } from '../../../../runflow/status';
import { imagesOf } from '../../output/images';
import { outputOf } from '../../output/tool';
import { readGetOptions, readRunId } from '../../parameters/run';
import { eachItem } from '../eachItem';

/** `run` → `get`: a run as it is, or as it ended, with its images. A run that failed is a row that says why. */
export async function get(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const signal = context.getExecutionCancelSignal();
	return await eachItem(context, async (client, itemIndex) => {
		const runId = readRunId(context, itemIndex);
		const options = readGetOptions(context, itemIndex);
		const { output, pollSeconds, timeoutSeconds, waitUntilFinished } = options;
		const reread = async () => await client.getRun(runId, signal);
		const first = await reread();
		const run = waitUntilFinished
			? await client.waitForRun(first, { pollSeconds, timeoutSeconds, signal })
			: first;
		const images = hasSucceeded(run.status)
			? await imagesOf(context, run, output, { reread, signal })
			: [];
		return outputOf(context, { run, images, itemIndex, output });
	});
}
