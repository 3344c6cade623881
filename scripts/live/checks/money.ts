import { randomUUID } from 'node:crypto';

import { generateModel } from '../../../runflow/client';
import { mayHaveBeenAccepted } from '../../../runflow/retry';
import { createdRunSchema } from '../../../runflow/run';
import { mayHaveMadeRun, type Caller } from '../caller';
import { differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { dollars } from '../budget';
import { baseRun } from '../baseRun';
import { succeededRun, trialRun } from '../runs';
import { costOf, nameRun } from '../spending';
import { sampleRun } from '../samples';
import type { Stage } from '../stage';
import { ownPresets } from '../trialRuns';

/** A create with the key of the first run. */
async function again(stage: Stage, api: Caller, change: object) {
	const { idempotencyKey, request, run } = await baseRun(stage);
	const note = stage.budget.reserve(1);
	const headers = { 'Idempotency-Key': idempotencyKey };
	const body = { ...request, ...change };
	const path = `/v1/models/${generateModel}/runs`;
	const answered = await api.create(path, body, headers).catch((error: unknown) => {
		note(mayHaveBeenAccepted(error) ? null : 0);
		throw error;
	});
	const { body: answer, status } = answered;
	const created = status < 300 ? createdRunSchema.safeParse(answer).data : undefined;
	const id = created?.id ?? null;
	const isNew = id !== null && id !== run.id;
	if (isNew) nameRun(stage, 'replay', created);
	note(mayHaveMadeRun(status) && id !== run.id ? null : 0);
	return { status, isNew, isSame: id === run.id };
}

/** The first run's create once more, key, body and all. */
const replay = async (stage: Stage) =>
	await stage.once('replay', async () => await again(stage, stage.api.under('replay'), {}));

const readsCost = {
	copes: 'Reads `cost` of every run, and knows no price',
	decides: 'runflow/run.ts',
	needs: 'pictures',
} as const;

/** What keeps a picture from being paid for twice, and what it costs. */
export const moneyChecks: Check[] = [
	{
		id: 'replay',
		assumption: 'The same `Idempotency-Key` and body return the same run',
		source: 'BATCH-C',
		copes: 'Looks for the run of a lost create by its `client_ref` before it sends it again',
		decides: 'runflow/createRun.ts',
		needs: 'pictures',
		attempt: async (stage) => {
			const { isNew, isSame, status } = await replay(stage);
			if (isSame) return holds(`${status} with the same run`);
			return differs(isNew ? `${status} with another run, which is paid for` : `${status}`);
		},
	},
	{
		id: 'replay-other-body',
		assumption: 'The same `Idempotency-Key` with another body is refused with 409',
		source: 'BATCH-C',
		copes: 'Makes a new key for each body, so it never sends this',
		decides: 'nodes/GptImage2/runs/ledger.ts',
		needs: 'pictures',
		attempt: async (stage, api) => {
			if ((await replay(stage)).isNew) throw new NotTried('the key is ignored');
			const metadata = { check: randomUUID() };
			const { isNew, isSame, status } = await again(stage, api, { metadata });
			if (status === 409) return holds('409');
			return differs(`${status}${isSame ? ' with the first run' : isNew ? ' with a new run' : ''}`);
		},
	},
	{
		id: 'cost',
		assumption: 'A run that succeeded has its `cost` as text, in dollars',
		source: 'RUN-C',
		copes: 'Reads numbers too; without a cost the total leaves it out',
		decides: 'runflow/run.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const { cost } = (await sampleRun(stage)).raw;
			return holdsIf(typeof cost === 'string' && Number(cost) > 0, JSON.stringify(cost ?? null));
		},
	},
	{
		id: 'price-low',
		...readsCost,
		assumption: 'A picture in Low costs a small part of one in High',
		source: 'SITE, SEED',
		attempt: async (stage) => {
			const cost = costOf((await succeededRun(stage, 'base')).run);
			if (cost === null) throw new NotTried('the run does not say what it cost');
			return holdsIf(cost < 0.05, dollars(cost));
		},
	},
	{
		id: 'price-by-size',
		...readsCost,
		assumption: 'The price does not depend on the size',
		source: 'SEED, SITE',
		attempt: async (stage) => {
			const costs: string[] = [];
			for (const name of ['base', ...ownPresets] as const) {
				const trial = await stage.attempted(async () => await succeededRun(stage, name));
				const cost = 'made' in trial ? costOf(trial.made.run) : null;
				if (cost !== null && 'made' in trial) {
					costs.push(`${String(trial.made.request.input.image_size)} ${dollars(cost)}`);
				}
			}
			const prices = new Set(costs.map((cost) => cost.split(' ')[1]));
			if (costs.length < 2) throw new NotTried('there are no two sizes to compare');
			return holdsIf(prices.size === 1, costs.join(', '));
		},
	},
	{
		id: 'price-by-quality',
		...readsCost,
		assumption: 'A square picture in High costs $0.133',
		source: 'SITE, SEED',
		needs: 'prices',
		attempt: async (stage) => {
			const medium = costOf((await succeededRun(stage, 'medium')).run);
			const high = costOf((await succeededRun(stage, 'high')).run);
			if (medium === null || high === null) throw new NotTried('a run does not say what it cost');
			const seen = `High ${dollars(high)}, Medium ${dollars(medium)}`;
			return holdsIf(dollars(high) === '$0.133', seen);
		},
	},
	{
		id: 'failures-free',
		...readsCost,
		assumption: 'A failed run costs nothing',
		source: 'PRICE',
		attempt: async (stage) => {
			const { run } = await trialRun(stage, 'failing');
			if (run.status !== 'failed') throw new NotTried(`the run that was to fail ${run.status}`);
			if (run.cost === null)
				throw new NotTried('its cost is null, which does not say that it is free');
			return holdsIf(costOf(run) === 0, `cost ${run.cost ?? 'null'}`);
		},
	},
];
