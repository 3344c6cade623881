import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { keyCheck } from '../../../scripts/live/checks/account';
import { allChecks } from '../../../scripts/live/checks/all';
import { planOf } from '../../../scripts/live/plan';
import { isBroken, pageOf, summaryOf } from '../../../scripts/live/report';
import type { LiveReport } from '../../../scripts/live/tryAll';
import type { Simulator } from '../../../simulator/simulator';
import { cases } from './disagreements';
import { idsOf, optionsFor, start, trial } from './trial';

const root = join(__dirname, '..', '..', '..');
const checks = [keyCheck, ...allChecks];

jest.setTimeout(60_000);

let simulator: Simulator;
let report: LiveReport;
let paths: string[];
beforeAll(async () => {
	simulator = await start();
	report = await trial(simulator);
	paths = Object.keys(simulator.requests);
});
afterAll(async () => await simulator.close());

describe('a trial of an API that agrees', () => {
	it('shows that every assumption holds', () => {
		const others = report.results.filter(({ finding }) => finding.outcome !== 'holds');
		expect(others).toEqual([]);
		expect(report.results.map(({ check }) => check)).toEqual(checks);
		expect(report.results.some(isBroken)).toBe(false);
	});

	it('counts its requests and adds up what the runs cost', () => {
		const sent = Object.values(simulator.requests).reduce((sum, count) => sum + count, 0);
		expect(report.requests).toBe(sent);
		const charged = 9 * 0.009 + 0.034 + 0.133;
		expect(report.spent).toBeCloseTo(charged);
		expect(simulator.runs.filter(({ end }) => end === 'succeeded')).toHaveLength(11);
		expect(paths).toContain('POST /v1/asset-uploads');
	});

	it('writes a page with a row for each check', () => {
		const page = pageOf(report, 'Tried here.');
		for (const { assumption, id } of checks) expect(page).toContain(`| ${id} | ${assumption} |`);
		expect(page).toContain(`${checks.length} hold, 0 differ, 0 not tried`);
		expect(summaryOf(report)).toContain('Nothing that the package relies on differs.');
	});

	it('records what was answered, without keys, tokens and signatures', () => {
		const folder = mkdtempSync(join(tmpdir(), 'live-'));
		report.records.write(folder);
		const files = readdirSync(folder);
		const texts = files.map((name) => readFileSync(join(folder, name), 'utf8'));
		rmSync(folder, { recursive: true });
		expect(files).toEqual(
			expect.arrayContaining(['run-base.json', 'callbacks.json', 'upload-image.json']),
		);
		for (const text of texts) {
			expect(text).not.toMatch(
				/rf_live_|whsec_|simulator@|Simulated|127\.0\.0\.1:\d+\/callback|X-Amz-Signature=[0-9a-f]/,
			);
			expect(text).not.toMatch(/"runflow-signature": "[0-9a-f]/i);
			expect(() => JSON.parse(text) as unknown).not.toThrow();
		}
		expect(texts.join('\n')).toContain('X-Amz-Signature=[hidden]');
		expect(texts.join('\n')).toContain('"runflow-signature": "[hidden]"');
	});
});

describe('a trial that may not do everything', () => {
	it('makes no run when it has to be free, and looks at those that are there', async () => {
		const made = [...simulator.runs];
		const free = await trial(simulator, {}, { isFree: true }, made);
		expect(simulator.runs).toHaveLength(made.length);
		expect(free.spent).toBe(0);
		expect(idsOf(free, 'differs')).toEqual([]);
		const untried = checks.filter(({ needs }) => needs !== 'nothing').map(({ id }) => id);
		expect(idsOf(free, 'not tried')).toEqual(untried);
	});

	it('says so where an empty account leaves nothing to look at', async () => {
		const free = await trial(simulator, {}, { isFree: true });
		expect(simulator.runs).toEqual([]);
		expect(idsOf(free, 'differs')).toEqual([]);
		expect(idsOf(free, 'not tried')).toEqual(
			expect.arrayContaining(['output', 'list-order', 'filter-exact']),
		);
	});

	it('stops before its runs cost more than the limit', async () => {
		const limited = await trial(simulator, {}, { limit: 0.02 });
		expect(limited.spent).toBeLessThanOrEqual(0.02);
		expect(simulator.runs.filter(({ end }) => end === 'succeeded').length).toBeLessThan(3);
		expect(idsOf(limited, 'differs')).toEqual([]);
	});

	it('takes an account without credit for no difference', async () => {
		const rule = { do: 'refuse-create', status: 402, times: 0 } as const;
		const poor = await trial(simulator, { rule });
		expect(idsOf(poor, 'differs').filter((id) => id !== 'error-422')).toEqual([]);
		expect(idsOf(poor, 'not tried')).toEqual(expect.arrayContaining(['create', 'mask']));
	});

	it('tries no callback where no public URL leads to this machine', async () => {
		const alone = await trial(simulator, {}, { callback: null, withPrices: false });
		const untried = checks.filter(({ needs }) => ['callback', 'prices'].includes(needs));
		expect(idsOf(alone, 'not tried')).toEqual(untried.map(({ id }) => id));
		expect(simulator.deliveries.filter(({ url }) => url.includes('null'))).toEqual([]);
	});
});

describe('the plan', () => {
	it('says what will be done and what it may cost', () => {
		const options = optionsFor(simulator);
		expect(planOf(options)).toMatch(/at most 17 pictures in Low/);
		expect(planOf(options)).toContain('one in High');
		expect(planOf({ ...options, isFree: true })).toContain('costs nothing');
		expect(planOf({ ...options, callback: null })).toContain('RUNFLOW_CALLBACK_URL is not set');
	});
});

describe('the checks', () => {
	it('each have a name of their own', () => {
		expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
	});

	it('name sources that the page of sources explains', () => {
		const sources = readFileSync(join(root, 'docs', 'sources.md'), 'utf8');
		const listed = [...sources.matchAll(/^\| ([A-Z][A-Z-]*) \|/gm)].map(([, tag]) => tag);
		const named = checks.flatMap(({ source }) => source.split(', '));
		const unknown = named.filter((tag) => !listed.includes(tag.replace(/-(old|new)$/, '')));
		expect(unknown).toEqual([]);
	});

	it('name files that exist', () => {
		expect(checks.filter(({ decides }) => !existsSync(join(root, decides)))).toEqual([]);
	});

	it('each have a disagreement that turns them red', () => {
		const red = new Set(Object.values(cases).flatMap((list) => list.map((one) => one.red)));
		expect(checks.map(({ id }) => id).filter((id) => !red.has(id))).toEqual([]);
	});
});
