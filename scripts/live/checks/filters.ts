import { runListSchema, runSchema } from '../../../runflow/run';
import type { Caller } from '../caller';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { markedRun } from '../samples';
import type { Stage } from '../stage';

/** The reference of a run; null where it can't be read or shows none. */
async function refOf(api: Caller, id: string): Promise<string | null> {
	const { body } = await api.get(`/v1/runs/${encodeURIComponent(id)}`);
	return runSchema.safeParse(body).data?.client_ref ?? null;
}

/** The ids that a filter finds among the newest; the status where it is refused. */
async function found(api: Caller, q: string): Promise<string[] | number> {
	const { body, status } = await api.get('/v1/runs', { limit: 20, sort_by: 'created_at:desc', q });
	if (status >= 400) return status;
	const page = runListSchema.safeParse(body).data;
	if (page === undefined) throw new NotTried("lists can't be read");
	return page.items.flatMap((run) => run?.id ?? []);
}

/** What the exact filter of a `client_ref` leads to. */
async function exactly(stage: Stage, api: Caller) {
	return await stage.once('exact filter', async () => {
		const { id, ref } = await markedRun(stage);
		const own = await found(api, `client_ref.EQ:'${ref}'`);
		const none = await found(api, `client_ref.EQ:'${ref}-of-nobody'`);
		return { id, ref, own, none };
	});
}

/** The filter `q` of lists. */
export const filterChecks: Check[] = [
	{
		id: 'filter-exact',
		assumption: "`client_ref.EQ:'…'` lists the runs with that reference and no others",
		source: 'ADC',
		copes:
			'Checks each listed run against the filter again; if the filter is refused, lost runs are not found',
		decides: 'runflow/filter.ts',
		needs: 'nothing',
		attempt: async (stage, api) => {
			const { id, none, own, ref } = await exactly(stage, api);
			if (typeof own === 'number') return breaks(`refused with ${own}`);
			if (!own.includes(id)) return breaks('the run was not among those that were listed');
			const others = typeof none === 'number' ? none : none.length;
			if (others !== 0) return differs(`a reference of nobody lists ${others} runs`);
			const besides = own.filter((other) => other !== id);
			const refs = await Promise.all(besides.map(async (other) => await refOf(api, other)));
			const strangers = refs.filter((other) => other !== ref).length;
			if (strangers > 0)
				return differs(`${strangers} of ${own.length} runs have another reference`);
			return holds(`${own.length} run with it, none with one of nobody`);
		},
	},
	{
		id: 'filter-grammar',
		assumption: 'Comparison, AND, OR and parentheses work beside `.EQ:`',
		source: 'REQ, COMFY',
		copes: 'Drops from the filter what is refused, and checks each listed run against it again',
		decides: 'runflow/filter.ts',
		needs: 'nothing',
		attempt: async (stage, api) => {
			const { id, none, own, ref } = await exactly(stage, api);
			const isFollowed = typeof own !== 'number' && own.includes(id);
			if (!isFollowed || typeof none === 'number' || none.length > 0) {
				throw new NotTried('not even an exact filter works');
			}
			const { run } = await markedRun(stage);
			const moment = (offsetMs: number) =>
				new Date((run.createdAt ?? Date.now()) + offsetMs).toISOString();
			const day = 86_400_000;
			const queries: Array<[name: string, query: string, isFound: boolean]> = [
				['after', `client_ref.EQ:'${ref}' AND created_at>${moment(-day)}`, true],
				['before', `client_ref.EQ:'${ref}' AND created_at>${moment(day)}`, false],
				['or', `(client_ref.EQ:'${ref}' OR client_ref.EQ:'${ref}-2')`, true],
			];
			const results: string[] = [];
			let differing = 0;
			for (const [name, query, isFound] of queries) {
				const ids = await found(api, query);
				const isRight = typeof ids !== 'number' && ids.includes(id) === isFound;
				if (!isRight) differing += 1;
				results.push(`${name}: ${typeof ids === 'number' ? ids : isRight ? 'right' : 'wrong'}`);
			}
			return holdsIf(differing === 0, results.join(', '));
		},
	},
];
