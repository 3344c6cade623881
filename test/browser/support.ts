import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { launchChromium } from '../../scripts/browser/chromium';
import { openPage, takeOver } from '../../scripts/browser/editor';
import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor } from '../e2e/support';

const artefacts = join(__dirname, '..', '..', 'reports', 'browser');

/** What a step works with: the page that all steps of a walk share, n8n and the simulated Runflow. */
export interface Walker {
	page: Page;
	url: string;
	client: N8nClient;
	simulator: Simulator;
	credentialId: string;
}

/** Declares one step of a walk. */
export type Step = (sentence: string, walk: (walker: Walker) => Promise<void>) => void;

/**
 * Declares tests that one person walks through in one page, each where the one before ended: the owner of
 * n8n, or somebody `anonymous`. Each step leaves a screenshot in `reports/browser/<name>`, and the failed one
 * its page as HTML and text; when all succeed, these are removed. After a failed step the others fail at once.
 */
export function walk(name: string, { anonymous = false }, declare: (step: Step) => void): void {
	jest.setTimeout(120_000);
	const folder = join(artefacts, name);
	let browser: Browser | undefined;
	let walker: Walker | undefined;
	let taken = 0;
	let failed: string | null = null;

	beforeAll(async () => {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		const client = await connect();
		const simulator = await startSimulator({ runTime: 300 });
		const credentialId = await credentialFor(client, simulator);
		browser = await launchChromium();
		const page = await openPage(browser);
		const url = process.env.E2E_N8N_URL ?? '';
		walker = { page, url, client, simulator, credentialId };
		if (!anonymous) await takeOver(page, url, client.session);
	});

	afterAll(async () => {
		await browser?.close();
		await walker?.simulator.close();
		if (failed === null) rmSync(folder, { recursive: true, force: true });
	});

	const step: Step = (sentence, take) =>
		it(sentence, async () => {
			if (!walker) throw new Error('the browser did not start');
			if (failed !== null) throw new Error(`the walk ended at: ${failed}`);
			const { page } = walker;
			taken += 1;
			const path = join(folder, `${taken} ${sentence.replaceAll(/[^\w ]/g, '')}`.slice(0, 200));
			try {
				await take(walker);
			} catch (error) {
				failed = sentence;
				writeFileSync(`${path}.html`, await page.content());
				writeFileSync(`${path}.txt`, await page.locator('body').innerText());
				throw error;
			} finally {
				await page.screenshot({ path: `${path}.png` });
			}
		});
	describe(name, () => declare(step));
}

/** Reads a golden workflow of these tests, as exported from n8n. */
export function readWorkflow(name: string): ExportedWorkflow {
	const path = join(__dirname, 'workflows', `${name}.json`);
	return JSON.parse(readFileSync(path, 'utf8')) as ExportedWorkflow;
}
