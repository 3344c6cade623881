import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { RunflowClient } from '../../../../runflow/client';
import type { Run } from '../../../../runflow/run';
import { listImages } from '../../output/images';
import { outputOf } from '../../output/tool';
import { readSearch, type RunSearch } from '../../parameters/run';
import { eachItem } from '../eachItem';

const runsPerPage = 100;

/** `run` → `getMany`: the runs that match, newest first, with the URLs of their images. */
export async function getMany(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const signal = context.getExecutionCancelSignal();
	return await eachItem(context, async (client, itemIndex) => {
		const search = readSearch(context, itemIndex);
		const { output } = search;
		const rows = (await findRuns(client, search, signal)).map(async (run) => {
			const images = await listImages(context, run, output.fileName);
			return outputOf(context, { run, images, itemIndex, output });
		});
		return (await Promise.all(rows)).flat();
	});
}

/** Reads page after page. Runs that start meanwhile may show a run on two of them. */
async function findRuns(
	client: RunflowClient,
	{ filter, limit, output }: RunSearch,
	signal?: AbortSignal,
): Promise<Run[]> {
	const found = new Map<string, Run>();
	let cursor: string | null = null;
	do {
		const page = { limit: Math.min(limit, runsPerPage), cursor, whole: output.includeRun };
		const { runs, cursor: next } = await client.listRuns(filter, page, signal);
		for (const run of runs) found.set(run.id, run);
		cursor = next;
	} while (cursor !== null && found.size < limit && !signal?.aborted);
	return [...found.values()].slice(0, limit);
}
