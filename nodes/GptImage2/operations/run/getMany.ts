import { sleep, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { retrying } from '../../../../runflow/retry';
import type { Run } from '../../../../runflow/run';
import { storeImages } from '../../output/images';
import { readSearch } from '../../parameters/run';
import { outputOf } from '../../output/tool';
import { eachItem } from '../eachItem';

const perPage = 100;

/** `run` → `getMany`: the runs that match, newest first, with the URLs of their images. */
export async function getManyRuns(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { signal: unstopped } = new AbortController();
	const signal = context.getExecutionCancelSignal() ?? unstopped;
	return await eachItem(context, async (client, itemIndex) => {
		const { filter, limit, output } = readSearch(context, itemIndex);
		const page = async (cursor: string | null) =>
			await retrying(
				async () => await client.listRuns(filter, { limit: Math.min(limit, perPage), cursor }),
				sleep,
				signal,
			);
		const found: Run[] = [];
		let { runs, cursor } = await page(null);
		found.push(...runs);
		while (cursor !== null && found.length < limit && !signal.aborted) {
			({ runs, cursor } = await page(cursor));
			found.push(...runs);
		}
		const rows = found.slice(0, limit).map(async (run) => {
			const images = await storeImages(context, run, { output, reread: async () => run, signal });
			return outputOf(context, { run, images, itemIndex, output });
		});
		return (await Promise.all(rows)).flat();
	});
}
