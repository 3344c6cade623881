import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { lints } from './lint.mjs';
import { ensureDependencies, root, runTool, runTypeScript, startTool } from './setup.mjs';

const fast = process.argv.includes('--fast');
const reports = join(root, 'reports');

/** Programs that run at once and have no tests of their own: each counts as one test. */
function checks(name, exitCodes) {
	return {
		name,
		run: async () => {
			const codes = await Promise.all(exitCodes.map(async (exitCode) => await exitCode()));
			const passed = codes.filter((code) => code === 0).length;
			return [passed, codes.length - passed];
		},
	};
}

/** Jest projects, counted from their report; a report that is missing or lists no test is a failure. */
function tests(projects, options = []) {
	const report = join(reports, `${projects.join('-')}.json`);
	const args = ['--selectProjects', ...projects, ...options, '--json', `--outputFile=${report}`];
	return {
		name: projects.join(' and '),
		run: () => {
			const code = runTool('jest/bin/jest.js', args);
			return countsOf(report, code);
		},
	};
}

/** Tests that need more than Node and npm; where that is missing they are skipped, but CI has to have it. */
function testsWithNeeds(project, options) {
	const { name, run } = tests([project], options);
	return {
		name,
		run: () => {
			if (runTypeScript('scripts/missing.ts', [project]) === 0) return run();
			if (process.env.CI === 'true') return [0, 1];
			console.log(`=== ${name}: skipped`);
			return [0, 0];
		},
	};
}

function countsOf(report, code) {
	try {
		const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
			readFileSync(report, 'utf8'),
		);
		const failed = numFailedTests + numRuntimeErrorTestSuites;
		return [numPassedTests, code !== 0 && failed === 0 ? 1 : failed];
	} catch {
		return [0, 1];
	}
}

/** Tests wait for more of their time than they work, so that more of them go on at once than there are cores. */
const workers = ['--maxWorkers=3'];

/** The files of e2e share one n8n, which has to answer all of them; each file of queue starts nine processes. */
const twoFiles = ['--maxWorkers=2'];

const steps = fast
	? [tests(['unit', 'engine'], workers)]
	: [
			checks('lint and types', [
				...lints.map(({ check }) => check),
				async () => await startTool('typescript/bin/tsc', []),
			]),
			tests(['unit', 'engine'], workers),
			tests(['unit-zod4']),
			tests(['live'], twoFiles),
			tests(['package']),
			tests(['e2e'], twoFiles),
			tests(['restarts'], workers),
			testsWithNeeds('browser'),
			testsWithNeeds('queue', twoFiles),
		];

ensureDependencies();
if (!fast) void startTool('tsx/dist/cli.mjs', ['scripts/n8n/prepare.ts']);
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports);

let passed = 0;
let failed = 0;
const times = [];
for (const step of steps) {
	console.log(`\n=== ${step.name}`);
	const began = performance.now();
	const [stepPassed, stepFailed] = await step.run();
	const seconds = Math.round((performance.now() - began) / 1000);
	times.push(`${step.name} ${seconds} s`);
	passed += stepPassed;
	failed += stepFailed;
	if (stepFailed > 0) console.log(`=== ${step.name}: ${stepFailed} failed`);
}

const summary = `${passed} passed, ${failed} failed`;
writeFileSync(join(reports, 'summary.txt'), `${summary}\n`);
console.log(`\n${times.join(', ')}\n\n${summary}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
