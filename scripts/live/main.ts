import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';

import { parseSecrets } from '../../runflow/signature';
import { planOf } from './plan';
import { isBroken, linesOf, pageOf, runsOf, summaryOf } from './report';
import type { Pace } from './stage';
import { tryAll, type LiveOptions, type LiveReport } from './tryAll';

const reports = join(__dirname, '..', '..', 'reports');
const usualCallbackPort = 8787;

/** The price of a picture in high quality (SEED), and what one in Medium and one in High may cost beside it. */
const usualLimit = 0.133;
const limitOfPrices = 0.32;

const pace: Pace = {
	pollSeconds: 3,
	runTimeoutSeconds: 300,
	lagGapMs: 500,
	longestLagMs: 30_000,
	betweenReadsMs: 1_100,
	callbackMs: 30_000,
	quietMs: 10_000,
	retryGapMs: [500, 5_000],
};

function readOptions(): LiveOptions & { isAgreed: boolean } {
	const { values } = parseArgs({
		options: {
			free: { type: 'boolean', default: false },
			prices: { type: 'boolean', default: false },
			yes: { type: 'boolean', default: false },
			limit: { type: 'string' },
		},
	});
	const { env } = process;
	if (!env.RUNFLOW_API_KEY)
		throw new Error('Set RUNFLOW_API_KEY to a key of your Runflow account.');
	const limit = Number(
		values.limit === '' ? NaN : (values.limit ?? usualLimit + (values.prices ? limitOfPrices : 0)),
	);
	if (!Number.isFinite(limit) || limit < 0)
		throw new Error("'--limit' takes an amount in dollars, such as 0.5.");
	const publicUrl = env.RUNFLOW_CALLBACK_URL;
	if (publicUrl && !URL.canParse(publicUrl)) {
		throw new Error(
			'RUNFLOW_CALLBACK_URL has to be a whole URL, such as https://example.com/callback.',
		);
	}
	const baseUrl = (env.RUNFLOW_BASE_URL || 'https://api.runflow.io').replace(/\/+$/, '');
	if (!/^https?:\/\/./.test(baseUrl) || !URL.canParse(baseUrl) || /\/v1$/.test(baseUrl)) {
		throw new Error("RUNFLOW_BASE_URL has to begin with https:// and to end before '/v1'.");
	}
	const callbackPort = Number(env.RUNFLOW_CALLBACK_PORT || usualCallbackPort);
	if (!Number.isInteger(callbackPort) || callbackPort < 1 || callbackPort > 65_535) {
		throw new Error('RUNFLOW_CALLBACK_PORT has to be a port, from 1 to 65535.');
	}
	return {
		account: {
			apiKey: env.RUNFLOW_API_KEY,
			baseUrl,
			organizationId: env.RUNFLOW_ORGANIZATION_ID || null,
		},
		isFree: values.free,
		withPrices: values.prices,
		limit,
		signingSecrets: parseSecrets(env.RUNFLOW_SIGNING_SECRET ?? ''),
		callback: publicUrl
			? {
					port: callbackPort,
					publicUrlFor: () => publicUrl,
				}
			: null,
		pace,
		isAgreed: values.yes,
	};
}

async function isWanted(): Promise<boolean> {
	if (!process.stdin.isTTY) throw new Error("There is nobody to ask here: add '--yes' to start.");
	const asking = createInterface({ input: process.stdin, output: process.stdout });
	const answer = await asking.question('Start? (y/N) ');
	asking.close();
	return /^y(es)?$/i.test(answer.trim());
}

async function main(): Promise<number> {
	const { isAgreed, ...options } = readOptions();
	console.log(`${planOf(options)}\n`);
	if (!isAgreed && !(await isWanted())) return 2;
	claimReports();
	const source = `Tried at ${options.account.baseUrl} on ${new Date().toISOString()}.`;
	let latest: (() => LiveReport) | null = null;
	const writePage = (report: LiveReport) =>
		writeFileSync(join(reports, 'live.md'), pageOf(report, source));
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.once(signal, () => {
			if (latest) {
				writePage(latest());
				console.log(`\nStopped. ${runsOf(latest())}\nSee reports/live.md.`);
			}
			process.exit(130);
		});
	}
	const report = await tryAll(
		options,
		(result, soFar) => {
			latest = soFar;
			console.log(linesOf(result));
		},
		join(reports, 'live'),
	).catch((error: unknown) => {
		if (latest) {
			writePage(latest());
			console.log(runsOf(latest()));
		}
		throw error;
	});
	writePage(report);
	console.log(
		`${runsOf(report)}\nSee reports/live.md; docs/live.md says what to do with it.\n\n${summaryOf(report)}`,
	);
	if (report.results.some(isBroken)) return 1;
	return report.hindrance === null ? 0 : 2;
}

/** Makes sure that the reports can be written, before anything is paid for. Throws. */
function claimReports(): void {
	try {
		mkdirSync(join(reports, 'live'), { recursive: true });
		writeFileSync(join(reports, 'live.md'), 'The trial has not ended.\n');
		writeFileSync(join(reports, 'live', 'key.json'), '[]\n');
	} catch (error) {
		throw new Error(`The folder 'reports' can't be written to: ${String(error)}`);
	}
}

// A terminal that is gone, as after '| head', must not end a trial whose runs are paid for.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().then(
	(code) => process.exit(code),
	(error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exit(2);
	},
);
