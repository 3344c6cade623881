import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Run } from '../../../../runflow/run';
import { listImages } from '../../output/images';
import { outputOf } from '../../output/tool';
import { readSearch } from '../../parameters/run';
import { eachItem } from '../eachItem';
import { visitRuns } from './visitRuns';

/** `run` → `getMany`: the runs that match, newest first, with the URLs of their images. */
export async function getMany(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItem(context, async ({ client, itemIndex, signal }) => {
		const { filter, limit, output } = readSearch(context, itemIndex);
		const detail = output.includeRun ? 'all' : 'usual';
		const rows: INodeExecutionData[] = [];
		const addRows = async (run: Run) => {
			const images = await listImages(context, run, output.fileName);
			rows.push(...outputOf(context, { run, images, itemIndex, output }));
		};
		await visitRuns(client, { filter, limit, detail }, addRows, signal);
		return rows;
	});
}
