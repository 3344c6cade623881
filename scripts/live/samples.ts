import { setTimeout as sleep } from 'node:timers/promises';

import { NotTried } from './notTried';
import { runListSchema, runSchema, type Run } from '../../runflow/run';
import { hasSucceeded } from '../../runflow/status';
import { baseRun, hasRuns } from './baseRun';
import { succeededRun } from './runs';
import type { Stage } from './stage';
import type { ReceivedFile } from './wire';

/** The runs of one page, as the package reads them. Throws NotTried where it can't. */
export async function listed(
	stage: Stage,
	name: string,
	query: Record<string, string | number> = {},
): Promise<Run[]> {
	const { body, status } = await stage.api.under(name).get('/v1/runs', query);
	const page = runListSchema.safeParse(body);
	if (!page.success) throw new NotTried(`a list was answered with ${status} and can't be read`);
	return page.data.items.filter((run): run is Run => run !== null);
}

/** How many runs of this trial there are for certain. */
export function knownRuns({ askedFor }: Stage): number {
	return askedFor.filter(({ id }) => id !== null).length;
}

/** What `read` returns once lists had time to show two runs of this trial, sooner where it shows enough. */
export async function onceListed<T>(
	stage: Stage,
	read: () => Promise<T>,
	isEnough: (page: T) => boolean,
): Promise<T> {
	let page = await read();
	if (isEnough(page) || !(await hasRuns(stage)) || knownRuns(stage) < 2) return page;
	const { lagGapMs, longestLagMs } = stage.options.pace;
	const began = performance.now();
	while (!isEnough(page) && performance.now() - began < longestLagMs) {
		await sleep(lagGapMs);
		page = await read();
	}
	return page;
}

/** A run with pictures to look at: the first of this trial, or the newest that the account has. Throws NotTried. */
export async function sampleRun(stage: Stage): Promise<Run> {
	if (!stage.options.isFree) return (await succeededRun(stage, 'base')).run;
	return await stage.once('sample', async () => {
		const runs = await listed(stage, 'sample', { limit: 20 });
		for (const { id, status } of runs) {
			if (!hasSucceeded(status)) continue;
			const { body } = await stage.api.under('sample').get(`/v1/runs/${id}`);
			const run = runSchema.safeParse(body).data;
			if (run !== undefined && run.images.length > 0) return run;
		}
		throw new NotTried('the account has no run with pictures among its last 20');
	});
}

/** A run with a `client_ref` to search for. Throws NotTried. */
export async function markedRun(stage: Stage): Promise<{ id: string; ref: string; run: Run }> {
	if (!stage.options.isFree) {
		const { request, run } = await baseRun(stage);
		return { id: run.id, ref: request.client_ref ?? '', run };
	}
	return await stage.once('marked', async () => {
		const runs = await listed(stage, 'marked', { limit: 20 });
		for (const run of runs) {
			if (run.client_ref && !run.client_ref.includes("'")) {
				return { id: run.id, ref: run.client_ref, run };
			}
		}
		throw new NotTried('none of the last 20 runs of the account has a client_ref');
	});
}

/** The first picture of the sample, downloaded without the key. Throws NotTried where it has none at a URL. */
export async function sampleFile(stage: Stage): Promise<ReceivedFile & { url: string }> {
	const { id } = await sampleRun(stage);
	return await stage.once('sample file', async () => {
		const api = stage.api.under('picture');
		const [image] = (await api.client.getRun(id)).images;
		if (!image?.url.startsWith('http')) throw new NotTried('its picture has no URL');
		return { ...(await api.file(image.url)), url: image.url };
	});
}

/** The first picture of a run, downloaded or decoded. Throws NotTried where it can't be had. */
export async function pictureOf(stage: Stage, name: string, { id, images }: Run): Promise<Buffer> {
	const [image] = images;
	if (image === undefined) throw new NotTried(`run ${id} has no picture`);
	if (image.url.startsWith('data:')) return Buffer.from(image.url.split(',')[1] ?? '', 'base64');
	const { bytes, status } = await stage.api.under(name).file(image.url);
	if (status !== 200) throw new NotTried(`its picture was answered with ${status}`);
	return bytes;
}
