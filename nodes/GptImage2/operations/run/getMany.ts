import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { listImages } from '../../output/images';
import { outputOf } from '../../output/tool';
import { readSearch } from '../../parameters/run';
import { eachItem } from '../eachItem';
import { findRuns } from './findRuns';

/** `run` → `getMany`: the runs that match, newest first, with the URLs of their images. */
export async function getMany(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItem(context, async ({ client, itemIndex, signal }) => {
		const { filter, limit, output } = readSearch(context, itemIndex);
		const detail = output.includeRun ? 'all' : 'usual';
		const rows = (await findRuns(client, { filter, limit, detail }, signal)).map(async (run) => {
			const images = await listImages(context, run, output.fileName);
			return outputOf(context, { run, images, itemIndex, output });
		});
		return (await Promise.all(rows)).flat();
	});
}
