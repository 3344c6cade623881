import { z } from 'zod/v3';

import { createdRunSchema } from '../../../runflow/run';
import { hasSucceeded, isKnownStatus, isTerminal, normalizeStatus } from '../../../runflow/status';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { baseRun } from '../baseRun';
import { UnusableRun } from '../oneRun';

const named = z.object({ id: z.string(), status_code: z.string() });

/** The words in an answer that may be statuses, whatever its shape. */
function statusesIn(answer: unknown): string[] {
	if (typeof answer === 'string') return [answer];
	if (Array.isArray(answer)) return answer.flatMap(statusesIn);
	const fields = new Map(Object.entries(z.record(z.unknown()).safeParse(answer).data ?? {}));
	const name = ['code', 'status_code', 'status', 'id', 'name'].find((key) => fields.has(key));
	if (name !== undefined && typeof fields.get(name) === 'string') return [String(fields.get(name))];
	return [...fields.values()].filter((value) => typeof value === 'object').flatMap(statusesIn);
}

/** For how long a lost create is looked for in lists, in milliseconds: four looks, 1, 2 and 4 seconds apart. */
const searchedForMs = 7_000;

/** What a create answers, and when reads know the run. */
export const createChecks: Check[] = [
	{
		id: 'create',
		assumption: 'A create answers 201 at once, with `id` and a pending `status_code`',
		source: 'SEED, RUN-C, SKILL',
		copes: 'Accepts any 2xx, `run_id` and `status`, and a run that has ended already',
		decides: 'runflow/run.ts',
		needs: 'pictures',
		attempt: async (stage) => {
			const base = await stage.attempted(baseRun);
			if ('error' in base) {
				if (base.error instanceof UnusableRun) return breaks(base.reason);
				throw base.error;
			}
			const { answer, run: ended } = base.made;
			if (!hasSucceeded(ended.status)) {
				return breaks(`its run ended as ${ended.status}: ${ended.failure?.message ?? ''}`);
			}
			if (answer === null) throw new NotTried('its answer was lost; a list had the run');
			const run = createdRunSchema.parse(answer.body);
			const names = Object.keys(z.record(z.unknown()).parse(answer.body));
			const naming = names.filter((name) => /^(run_)?id$|^status(_code)?$/.test(name)).join(', ');
			const seen = `${answer.status}, ${naming}, ${run.status}, after ${answer.milliseconds} ms`;
			const isNamed = named.safeParse(answer.body).success;
			return holdsIf(answer.status === 201 && isNamed && !isTerminal(run.status), seen);
		},
	},
	{
		id: 'read-lag',
		assumption: 'A run can be read as soon as it is created',
		source: 'RUN-G',
		copes: 'Waits for a run that is less than a minute old and not found yet',
		decides: 'runflow/waiting.ts',
		needs: 'pictures',
		attempt: async (stage) => {
			const { status } = (await baseRun(stage)).firstRead;
			return holdsIf(status === 200, `the first read was answered with ${status}`);
		},
	},
	{
		id: 'list-lag',
		assumption: 'A list has a run as soon as it is created',
		source: 'RUN-L',
		copes: `Looks for a lost run for ${searchedForMs / 1000} s, and reads pending runs one by one as well`,
		decides: 'runflow/createRun.ts',
		needs: 'pictures',
		attempt: async (stage) => {
			const { listedAfterMs } = await baseRun(stage);
			if (listedAfterMs === 'unreadable') throw new NotTried("lists can't be read");
			if (listedAfterMs === null) return breaks('it was never listed');
			const seen = `listed after ${listedAfterMs} ms`;
			if (listedAfterMs === 0) return holds('in the first list');
			return listedAfterMs > searchedForMs ? breaks(seen) : differs(seen);
		},
	},
	{
		id: 'status-words',
		assumption: 'A run passes through queued, dispatching, running, succeeded',
		source: 'RUNS, SEED',
		copes: 'Keeps reading a run in a status that it does not know',
		decides: 'runflow/status.ts',
		needs: 'pictures',
		attempt: async (stage) => {
			const { answer, firstRead, run } = await baseRun(stage);
			const bodies = [answer?.body, firstRead.body, ...stage.api.records.bodiesOf('run-base')];
			const read = bodies.flatMap((body) => createdRunSchema.safeParse(body).data?.status ?? []);
			const statuses = [...new Set([...read, run.status])];
			return holdsIf(statuses.every(isKnownStatus), statuses.join(', '));
		},
	},
	{
		id: 'statuses',
		assumption: '`GET /v1/runs/statuses` names no status that this package does not know',
		source: 'RUNS',
		copes: 'A status it does not know is over where the run says when it ended or why it failed',
		decides: 'runflow/status.ts',
		needs: 'nothing',
		attempt: async (_stage, api) => {
			const statuses = statusesIn((await api.get('/v1/runs/statuses')).body);
			if (!statuses.includes('succeeded')) throw new NotTried('it lists no statuses');
			const unknown = statuses.filter((status) => !isKnownStatus(normalizeStatus(status)));
			const isComplete = statuses.includes('partial_succeeded');
			const seen = unknown.length > 0 ? `unknown: ${unknown.join(', ')}` : statuses.join(', ');
			return holdsIf(unknown.length === 0 && isComplete, seen);
		},
	},
	{
		id: 'cancelled-spelling',
		assumption: "A cancelled run is 'cancelled', with two l",
		source: 'SEED, RUNS-old',
		copes: 'Reads both spellings and asks for both',
		decides: 'runflow/status.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const { body } = await stage.api.under('statuses').get('/v1/runs/statuses');
			const spelled = statusesIn(body).filter((status) => /^cancell?ed$/.test(status));
			if (spelled.length === 0) throw new NotTried('no list of statuses names it');
			return holdsIf(spelled.join() === 'cancelled', spelled.join(', '));
		},
	},
];
