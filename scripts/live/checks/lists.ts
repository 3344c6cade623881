import { z } from 'zod/v3';

import { runListSchema, runSchema } from '../../../runflow/run';
import { hasSucceeded } from '../../../runflow/status';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { knownRuns, listed, onceListed } from '../samples';

const pageSchema = z.object({ items: z.array(z.record(z.unknown())) }).passthrough();
const rawPage = (body: unknown) => {
	const page = pageSchema.safeParse(body);
	if (!page.success) throw new NotTried("lists can't be read");
	return page.data;
};

/** Fields of a run that the package asks lists for, beside its id and status. */
const wanted = ['input', 'output', 'client_ref', 'metadata', 'created_at', 'completed_at'];
const mostLookedAt = 5;

/** Lists of runs. */
export const listChecks: Check[] = [
	{
		id: 'list',
		assumption: 'A list has its runs in `items`',
		source: 'RUN-L, REQ',
		copes: null,
		decides: 'runflow/run.ts',
		needs: 'nothing',
		attempt: async (_stage, api) => {
			const { body, status } = await api.get('/v1/runs', { limit: 20 });
			const page = runListSchema.safeParse(body);
			if (!page.success) {
				const names = Object.keys(z.record(z.unknown()).safeParse(body).data ?? {});
				return breaks(`${status} with ${names.join(', ') || 'no object'}`);
			}
			const unread = page.data.items.filter((run) => run === null).length;
			const seen = `${page.data.items.length} runs, ${unread} of them unreadable`;
			if (page.data.items.length === 0) throw new NotTried('the account has no run');
			return unread > 0 ? breaks(seen) : holds(seen);
		},
	},
	{
		id: 'list-order',
		assumption: '`sort_by=created_at:desc` lists the newest first',
		source: 'REQ',
		copes: null,
		decides: 'runflow/lists.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const runs = await listed(stage, 'list-order', { limit: 100, sort_by: 'created_at:desc' });
			const times = runs.flatMap(({ createdAt }) => createdAt ?? []);
			if (new Set(times).size < 2) throw new NotTried('there are fewer than two runs');
			const isSorted = times.every((time, at) => at === 0 || time <= (times[at - 1] ?? 0));
			const first = new Date(times[0] ?? 0).toISOString();
			const seen = `from ${first} to ${new Date(times.at(-1) ?? 0).toISOString()}`;
			return isSorted ? holds(seen) : breaks(seen);
		},
	},
	{
		id: 'list-paging',
		assumption: 'The next page is named by `next`, a cursor to be sent as `pq`',
		source: 'RUN-L, REQ',
		copes: 'Reads `next_pq` too, and a URL that has `pq` in it',
		decides: 'runflow/run.ts',
		needs: 'nothing',
		attempt: async (stage, api) => {
			const query = { limit: 1, sort_by: 'created_at:desc' };
			const read = async () => {
				const { body } = await api.get('/v1/runs', query);
				const page = runListSchema.safeParse(body).data;
				if (page === undefined) throw new NotTried("lists can't be read");
				return { body, page };
			};
			const { body, page } = await onceListed(stage, read, ({ page }) => page.cursor !== null);
			const fields = Object.entries(rawPage(body)).filter(([name]) => name !== 'items');
			const names = fields.map(([name]) => name).join(', ');
			if (page.cursor === null) {
				const areTwo =
					knownRuns(stage) >= 2 || (await listed(stage, 'list-paging', { limit: 100 })).length >= 2;
				if (!areTwo) throw new NotTried('the account may have no second run');
				return breaks(`no cursor in ${names}, although there are more runs`);
			}
			const second = await listed(stage, 'list-paging', { ...query, pq: page.cursor });
			const isOther = second.length > 0 && second[0]?.id !== page.items[0]?.id;
			if (second.length === 0 && knownRuns(stage) < 2)
				throw new NotTried('the account may have no second run');
			if (!isOther) return breaks(`${names}; the second page is the first one again`);
			const isPlain = fields.some(([name, value]) => name === 'next' && value === page.cursor);
			return holdsIf(isPlain, `${names}; the second page has another run`);
		},
	},
	{
		id: 'list-limit',
		assumption: '`limit` up to 500 is accepted and followed',
		source: 'RUN-L',
		copes: 'Follows the pages, however small they are',
		decides: 'runflow/lists.ts',
		needs: 'nothing',
		attempt: async (stage, api) => {
			const known = knownRuns(stage);
			const { status } = await api.get('/v1/runs', { limit: 500, fields: 'id,status_code' });
			const isRefused = status >= 400 && (await api.get('/v1/runs', { limit: 500 })).status >= 400;
			if (isRefused) return breaks(`limit=500 was answered with ${status}`);
			const two = await onceListed(
				stage,
				async () => await listed(stage, 'list-limit', { limit: 2 }),
				({ length }) => length >= 2,
			);
			if (two.length < 2 && knownRuns(stage) < 2) throw new NotTried('there are too few runs');
			const long = await onceListed(
				stage,
				async () => runListSchema.safeParse((await api.get('/v1/runs', { limit: 500 })).body).data,
				(page) => page === undefined || page.cursor !== null || page.items.length >= known,
			);
			const length = long?.items.length ?? 500;
			const seen = `limit=500 returned a page of ${length}`;
			if (length < 500 && long?.cursor) return differs(`${seen}, and there are more`);
			if (length < Math.min(known, 500)) return breaks(`${seen} without a cursor, of ${known}`);
			return holdsIf(two.length === 2, `500 is accepted; limit=2 returned ${two.length}`);
		},
	},
	{
		id: 'list-fields',
		assumption: '`fields=id,status_code` leaves out everything else',
		source: 'REQ, TPL',
		copes: 'Reads whole runs where it is ignored, and asks without it after a 400 or 422',
		decides: 'runflow/lists.ts',
		needs: 'nothing',
		attempt: async (_stage, api) => {
			const { body, status } = await api.get('/v1/runs', { limit: 1, fields: 'id,status_code' });
			if (status >= 400) return differs(`refused with ${status}`);
			const [item] = rawPage(body).items;
			if (item === undefined) throw new NotTried('the account has no run');
			const names = Object.keys(item);
			const isFollowed = names.every((name) => ['id', 'status_code'].includes(name));
			return holdsIf(isFollowed, isFollowed ? names.join(', ') : `${names.length} fields`);
		},
	},
	{
		id: 'list-content',
		assumption: 'Lists carry input, output and client_ref of a run where they are asked for',
		source: 'TPL, ADC',
		copes: 'Reads by itself each run of which the list says too little',
		decides: 'runflow/reads.ts',
		needs: 'nothing',
		attempt: async (_stage, api) => {
			const query = { limit: 20, sort_by: 'created_at:desc' };
			const fields = ['id', 'status_code', ...wanted].join(',');
			const asked = await api.get('/v1/runs', { ...query, fields });
			const { body } = asked.status < 400 ? asked : await api.get('/v1/runs', query);
			const ended = rawPage(body).items.filter((item) => {
				const run = runSchema.safeParse(item).data;
				return run !== undefined && hasSucceeded(run.status);
			});
			for (const item of ended.slice(0, mostLookedAt)) {
				const { body: whole } = await api.get(`/v1/runs/${String(item.id)}`);
				const run = z.record(z.unknown()).safeParse(whole).data ?? {};
				const shown = wanted.filter((name) => (run[name] ?? null) !== null);
				if (!shown.includes('output')) continue;
				const missing = shown.filter((name) => (item[name] ?? null) === null);
				return missing.length === 0
					? holds(shown.join(', '))
					: differs(`without ${missing.join(', ')}`);
			}
			throw new NotTried('no listed run has an output to compare with');
		},
	},
];
