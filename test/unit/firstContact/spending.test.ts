import { LiveApi } from '../../../scripts/live/api';
import { Budget, highestPrice, supposedPrice } from '../../../scripts/live/budget';
import { Records } from '../../../scripts/live/records';
import { trialRun } from '../../../scripts/live/runs';
import { Stage } from '../../../scripts/live/stage';
import type { Rule } from '../../../simulator/options';
import type { Simulator } from '../../../simulator/simulator';
import { idsOf, optionsFor, start, trial, type Disagreement } from './trial';

jest.setTimeout(60_000);

/** In the prompts of some later runs, which the package's own client sends, and in that of the first run. */
const later = 'Paint the masked part';
const first = 'the sign of a caf';

const lost = (match: string, times: number): Rule => ({ do: 'drop-create', match, times });

/** What the runs of a simulator cost by its own books, in dollars. */
async function booked({ runs, url }: Simulator): Promise<number> {
	const costs = runs.map(async ({ id }) => {
		const headers = { authorization: 'Bearer rf_live_of_a_test' };
		const answer = await fetch(`${url}/v1/runs/${id}`, { headers });
		const { cost } = (await answer.json()) as { cost: string | null };
		return Number(cost ?? 0);
	});
	return (await Promise.all(costs)).reduce((sum, cost) => sum + cost, 0);
}

const cases: Array<Disagreement & { name: string; limit?: number }> = [
	{ name: 'the first create is lost', rule: lost(first, 1) },
	{
		name: 'the first create is lost and no list has it in time',
		rule: lost(first, 1),
		settings: { unlistedFor: 60_000 },
	},
	{ name: 'a later create is lost', rule: lost(later, 1) },
	{
		name: 'a later create is lost where keys are ignored and lists are behind',
		rule: lost(later, 1),
		settings: { idempotency: false, unlistedFor: 60_000 },
	},
	{
		name: 'three later creates are lost where keys are ignored and lists are behind',
		rule: lost(later, 3),
		settings: { idempotency: false, unlistedFor: 60_000 },
	},
	{
		name: 'a later create is lost and another would exceed the limit',
		rule: lost(later, 1),
		settings: { idempotency: false, unlistedFor: 60_000 },
		limit: 0.02,
	},
	{
		name: 'a proxy answers in place of the API',
		rule: { do: 'html', match: later, times: 2 },
	},
	{ name: 'creates are answered with run_id and status', settings: { createdNames: 'short' } },
];

/** What the checks of a trial share, without the checks. */
function stageFor(simulator: Simulator, limit: number): Stage {
	const { account, pace } = optionsFor(simulator);
	const options = { isFree: false, withPrices: false, signingSecrets: [], pace };
	const api = new LiveApi(account, new Records(new Map()));
	return new Stage(api, options, new Budget(limit), null);
}

describe('the spending of a trial', () => {
	it.concurrent.each(cases)(
		'covers every run and stays within its limit when $name',
		async ({ limit = 0.6, rule, settings }) => {
			const simulator = await start();
			try {
				Object.assign(simulator.settings, settings);
				if (rule) simulator.misbehave(rule);
				const stage = stageFor(simulator, limit);
				await Promise.allSettled(
					(['inline', 'sync'] as const).map(async (name) => await trialRun(stage, name)),
				);
				const paid = await booked(simulator);
				expect(paid).toBeGreaterThan(0);
				expect(stage.budget.spent).toBeGreaterThanOrEqual(paid - 1e-9);
				expect(paid).toBeLessThanOrEqual(limit);
				const named = new Set(stage.askedFor.flatMap(({ id, ref }) => [id, ref]));
				const unnamed = simulator.runs.filter(
					({ id, request }) => !named.has(id) && !named.has(request.client_ref ?? ''),
				);
				expect(unnamed).toEqual([]);
			} finally {
				await simulator.close();
			}
		},
		60_000,
	);

	it('goes on with a first run that a list has although its create was lost', async () => {
		const simulator = await start();
		try {
			const report = await trial(simulator, { rule: lost(first, 1) });
			expect(idsOf(report, 'not tried')).toEqual(['create']);
			expect(idsOf(report, 'differs')).toEqual([]);
		} finally {
			await simulator.close();
		}
	});

	it('counts a run that should have been refused', () => {
		const budget = new Budget(1);
		budget.charge(1);
		expect(budget.spent).toBe(highestPrice);
		expect(() => budget.reserve(Math.ceil((1 - highestPrice) / supposedPrice))).toThrow('may cost');
	});
});
