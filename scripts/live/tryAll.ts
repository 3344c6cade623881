import { RunflowApiError, RunflowConnectionError } from '../../runflow/errors';
import { isPassing } from '../../runflow/retry';
import { LiveApi, type Account } from './api';
import { Budget } from './budget';
import { breaks, type Check, type Finding } from './check';
import { keyCheck } from './checks/account';
import { allChecks } from './checks/all';
import { NotTried } from './notTried';
import { Receiver } from './receiver';
import { Records } from './records';
import { cleanText, secretsOfUrl } from './redaction';
import { baseRun } from './baseRun';
import { UnusableRun } from './oneRun';
import { startAll } from './runs';
import { Stage, type AskedRun, type Pace } from './stage';

/** What is tried, and how. */
export interface LiveOptions {
	account: Account;
	isFree: boolean;
	withPrices: boolean;
	/** Dollars that may be spent. */
	limit: number;
	signingSecrets: readonly string[];
	/** Where callbacks arrive; null where no public URL leads to this machine. */
	callback: { port: number; publicUrlFor: (port: number) => string } | null;
	pace: Pace;
}

/** A check and what it showed. */
export interface Result {
	check: Check;
	finding: Finding;
}

/** What a trial showed, and what it took. */
export interface LiveReport {
	results: Result[];
	records: Records;
	requests: number;
	seconds: number;
	/** Dollars, by the `cost` of the runs. */
	spent: number;
	/** The runs that were asked for and not refused. */
	runs: readonly AskedRun[];
	/** Why nothing, or nothing that needs a run, could be tried; null where it could. */
	hindrance: string | null;
}

/** What must not be written down, and what stands for it. */
function secretsOf({ account, signingSecrets }: LiveOptions): Map<string, string> {
	const secrets = new Map([[account.apiKey, 'the-key']]);
	for (const secret of signingSecrets) secrets.set(secret, 'the-signing-secret');
	if (account.organizationId !== null) secrets.set(account.organizationId, 'the-organization');
	return secrets;
}

/**
 * Tries every assumption and returns what each showed; `onResult` learns of each as it is known. Throws
 * where the port of callbacks can't be listened on.
 */
export async function tryAll(
	options: LiveOptions,
	onResult: (result: Result, soFar: () => LiveReport) => void = () => {},
	folder: string | null = null,
): Promise<LiveReport> {
	const began = performance.now();
	const secrets = secretsOf(options);
	const records = new Records(secrets, folder);
	const api = new LiveApi(options.account, records);
	const { callback } = options;
	const receiver =
		callback && (await Receiver.listen(callback.port, callback.publicUrlFor, records));
	if (receiver) {
		for (const [secret, shown] of secretsOfUrl(receiver.publicUrl)) secrets.set(secret, shown);
	}
	try {
		const isReached = (await receiver?.isReached()) ?? false;
		const budget = new Budget(options.limit);
		const stage = new Stage(api, options, budget, isReached ? receiver : null);
		const results: Result[] = [];
		const soFar = (hindrance: string | null): LiveReport => ({
			results,
			records,
			requests: api.requests,
			seconds: (performance.now() - began) / 1000,
			spent: budget.spent,
			runs: stage.askedFor,
			hindrance: hindrance === null ? null : cleanText(hindrance, secrets),
		});
		const note = ({ check, finding }: Result) => {
			const result = { check, finding: { ...finding, seen: cleanText(finding.seen, secrets) } };
			results.push(result);
			onResult(result, () => soFar(null));
		};
		const key = await findingOf(keyCheck, stage);
		note({ check: keyCheck, finding: key });
		const isUsable = key.outcome === 'holds';
		if (isUsable && !options.isFree) void startAll(stage);
		for (const check of allChecks) {
			const finding = isUsable ? await findingOf(check, stage) : notTried(key.seen);
			note({ check, finding });
		}
		await stage.settled();
		if (key.outcome === 'not tried') return soFar(`Nothing could be tried: ${key.seen}.`);
		if (!isUsable || options.isFree) return soFar(null);
		const base = await stage.attempted(baseRun);
		const isHindered = 'error' in base && !(base.error instanceof UnusableRun);
		return soFar(isHindered ? `Nothing could be tried that needs a run: ${base.reason}.` : null);
	} finally {
		await receiver?.close();
	}
}

const notTried = (seen: string): Finding => ({ outcome: 'not tried', seen, breaks: false });

/** Why a check isn't tried by these options; null where nothing speaks against it. */
function reasonAgainst({ needs }: Check, { options, receiver }: Stage): string | null {
	if (options.isFree && needs !== 'nothing') return "it needs a run, and '--free' is set";
	if (needs === 'prices' && !options.withPrices) return "it costs more: '--prices' tries it";
	if (needs === 'callback' && receiver === null) {
		return 'no RUNFLOW_CALLBACK_URL leads to this machine';
	}
	return null;
}

async function findingOf(check: Check, stage: Stage): Promise<Finding> {
	const reason = reasonAgainst(check, stage);
	if (reason !== null) return notTried(reason);
	try {
		return await check.attempt(stage, stage.api.under(check.id));
	} catch (error) {
		if (error instanceof NotTried) return notTried(error.message);
		if (error instanceof RunflowApiError && isPassing(error)) {
			return notTried(`it was answered with ${error.httpStatus}`);
		}
		if (error instanceof RunflowConnectionError) {
			return notTried(`no answer (${error.code ?? 'unknown reason'})`);
		}
		return breaks(error instanceof Error ? error.message : String(error));
	}
}
