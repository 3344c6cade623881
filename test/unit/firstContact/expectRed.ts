import { isBroken } from '../../../scripts/live/report';
import type { Simulator } from '../../../simulator/simulator';
import { type Case, idsOf, start, trial } from './trial';

/** Tests that each of these disagreements turns its own check red and no other. */
export function expectEachRed(cases: Case[]): void {
	let simulator: Simulator;
	beforeAll(async () => {
		simulator = await start();
	});
	afterAll(async () => await simulator.close());

	it.each(cases)(
		'notices $name by $red alone',
		async ({ breaks = false, red, ...disagreement }) => {
			const report = await trial(simulator, disagreement);
			expect(idsOf(report, 'differs')).toEqual([red]);
			expect(report.results.some(isBroken)).toBe(breaks);
		},
		60_000,
	);
}
