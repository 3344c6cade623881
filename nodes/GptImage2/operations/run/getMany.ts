import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { RunflowClient } from '../../../../runflow/client';
import { walk, type ListDetail } from '../../../../runflow/lists';
import type { Run } from '../../../../runflow/run';
import { listImages } from '../../output/images';
import { outputOf } from '../../output/tool';
import { readSearch, type RunSearch } from '../../parameters/run';
import { eachItem } from '../eachItem';

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

const runsPerPage = 100;

/** Which runs are wanted, and how much of each. */
type WantedRuns = Pick<RunSearch, 'filter' | 'limit'> & { detail: ListDetail };

/**
 * Passes the runs that match to `visit`, newest first and page by page, and keeps none of them; a run may
 * be on two pages if others start in the meantime. Throws RunflowError and what `visit` throws; ends early
 * when the signal fires.
 */
export async function visitRuns(
	client: RunflowClient,
	{ filter, limit, detail }: WantedRuns,
	visit: (run: Run) => void | Promise<void>,
	signal?: AbortSignal,
): Promise<void> {
	let visited = 0;
	const page = { limit: Math.min(limit, runsPerPage), detail };
	await walk(client.runPages(filter, page, signal), async (run) => {
		await visit(run);
		visited += 1;
		return visited >= limit || signal?.aborted ? true : undefined;
	});
}
