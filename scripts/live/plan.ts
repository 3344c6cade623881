import { dollars, highestPrice, supposedPrice } from './budget';
import { plannedRuns, type PlannedRun } from './trialRuns';
import type { LiveOptions } from './tryAll';

const replays = 2;

/** How many pictures in Low may come out at most: with five of one run, and two of replays that should make none. */
function mostInLow(): number {
	const plans: PlannedRun[] = Object.values(plannedRuns);
	const inLow = plans.filter(({ price }) => price === undefined);
	return inLow.reduce((sum, { pictures }) => sum + pictures, replays);
}

/** What a trial will do and may cost, for whoever is asked whether to start it. */
export function planOf({ account, callback, isFree, limit, withPrices }: LiveOptions): string {
	const most = mostInLow();
	const spends = isFree
		? ['It makes no picture and costs nothing.']
		: [
				`It makes at most ${most} pictures in Low, about ${dollars(most * supposedPrice)} by the price list.`,
				...(withPrices ? ['It also makes one picture in Medium and one in High.'] : []),
				`It starts no run that could bring the total above ${dollars(limit)}, by the cost that Runflow reports.`,
				...(limit < highestPrice
					? [
							`The first run may cost up to ${dollars(highestPrice)} nevertheless, if a picture in Low is no cheaper than one in High.`,
						]
					: []),
			];
	const calls = callback
		? `Callbacks go to ${callback.publicUrlFor(callback.port)}, which must lead to port ${callback.port} of this machine.`
		: 'Callbacks are not tried, since RUNFLOW_CALLBACK_URL is not set.';
	return [
		`This checks what the package assumes of the API at ${account.baseUrl}.`,
		...spends,
		'It lists and reads runs, sends requests that must be refused, and uploads a small picture or two, which stay in the account.',
		...(isFree ? [] : [calls]),
		'It writes reports/live.md and reports/live/*.json.',
	].join('\n');
}
