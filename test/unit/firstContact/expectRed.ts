import { isBroken } from '../../../scripts/live/report';
import { type Case, idsOf, start, trial } from './trial';

/** Tests that each of these disagreements turns its own check red and no other; several wait at a time. */
export function expectEachRed(cases: Case[]): void {
	it.concurrent.each(cases)(
		'notices $name by $red alone',
		async ({ breaks = false, red, ...disagreement }) => {
			const simulator = await start();
			try {
				const report = await trial(simulator, disagreement);
				expect(idsOf(report, 'differs')).toEqual([red]);
				expect(report.results.some(isBroken)).toBe(breaks);
			} finally {
				await simulator.close();
			}
		},
		60_000,
	);
}
