import {
	type LiveOptions,
	type LiveReport,
	type Result,
	tryAll,
} from '../../../scripts/live/tryAll';
import { settingsSchema, type Rule, type Settings } from '../../../simulator/options';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import type { SimulatedRun } from '../../../simulator/store';

const secret = 'whsec_of_the_simulator';

/** The simulator as it agrees with every assumption, only faster. */
const agreeing: Partial<Settings> = {
	runTime: 400,
	samePicture: true,
	signingSecret: secret,
	retryGaps: [20, 40],
	namesFreeCost: true,
};

/** A disagreement of the simulator: settings, or a rule for every request. */
export interface Disagreement {
	settings?: Partial<Settings>;
	rule?: Rule;
}

/** A disagreement, the check that has to notice it, and whether the package relies on what differs. */
export interface Case extends Disagreement {
	name: string;
	red: string;
	breaks?: true;
}

/** Starts a simulator to be tried again and again. */
export async function start(): Promise<Simulator> {
	return await startSimulator(agreeing);
}

/** How a simulator is tried in tests: with everything, and without patience. */
export function optionsFor({ url }: Simulator): LiveOptions {
	return {
		account: { baseUrl: url, apiKey: 'rf_live_of_a_test', organizationId: null },
		isFree: false,
		withPrices: true,
		limit: 10,
		signingSecrets: [secret],
		callback: { port: 0, publicUrlFor: (port) => `http://127.0.0.1:${port}/callback` },
		pace: {
			pollSeconds: 0.15,
			runTimeoutSeconds: 20,
			lagGapMs: 50,
			longestLagMs: 5_000,
			betweenReadsMs: 1,
			callbackMs: 1_500,
			quietMs: 250,
			retryGapMs: [0, 800],
		},
	};
}

/** What a trial of the simulator shows while it disagrees like this, and has had these runs before. */
export async function trial(
	simulator: Simulator,
	{ rule, settings }: Disagreement = {},
	change: Partial<LiveOptions> = {},
	before: SimulatedRun[] = [],
): Promise<LiveReport> {
	simulator.behave();
	simulator.runs.splice(0, Infinity, ...before);
	Object.assign(simulator.settings, settingsSchema.parse({ ...agreeing, ...settings }));
	if (rule) simulator.misbehave(rule);
	return await tryAll({ ...optionsFor(simulator), ...change });
}

/** The results with an outcome, by the ids of their checks. */
export function idsOf({ results }: LiveReport, outcome: Result['finding']['outcome']): string[] {
	return results.filter(({ finding }) => finding.outcome === outcome).map(({ check }) => check.id);
}
