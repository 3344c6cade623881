import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { startSimulator } from '../simulator/simulator';
import { launchChromium } from './browser/chromium';
import {
	addFirstStep,
	chooseAction,
	executeWorkflow,
	logIn,
	newCredential,
	nodePanel,
	openNode,
	openPage,
	openWorkflow,
	output,
	showOutputAs,
	showWebhookUrls,
	waitForImage,
	type Theme,
} from './browser/editor';
import { fillForm, submitForm, waitForPicture } from './browser/form';
import { areaOf, savePicture } from './browser/picture';
import { examplesFolder, readExample } from './examples';
import { packPackage } from './n8n/package';
import { freePort, isFree, startN8n } from './n8n/process';

const usualPort = 5678;
const idea = 'A lighthouse above a quiet bay, early morning light';

/** The ids of the examples in n8n, by their file names without extension. */
type Examples = ReadonlyMap<string, string>;

/** The page of an editor in one of n8n's looks, whose owner is logged in. */
interface Editor {
	page: Page;
	url: string;
	theme: Theme;
	examples: Examples;
}

/** Takes every picture of README and docs in a real n8n, light and dark. */
async function screenshots(): Promise<void> {
	const simulator = await startSimulator({ runTime: 500 });
	const port = (await isFree(usualPort)) ? usualPort : await freePort();
	const n8n = await startN8n({ tarball: packPackage(), port });
	const browser = await launchChromium();
	try {
		const credentialId = await n8n.client.createCredential({
			apiKey: 'rf_live_simulator',
			baseUrl: simulator.url,
			organizationId: '',
			signingSecrets: '',
		});
		const ids = new Map<string, string>();
		for (const file of readdirSync(examplesFolder)) {
			const name = basename(file, '.json');
			ids.set(name, await n8n.client.createWorkflow(readExample(name), credentialId));
		}
		for (const theme of ['light', 'dark'] as const) {
			const page = await openPage(browser, theme);
			await logIn(page, n8n.url);
			const editor = { page, url: n8n.url, theme, examples: ids };
			await takeExamples(editor);
			await takeFirstPictures(editor);
			await takeNode(editor);
			await takeTrigger(editor);
			await page.context().close();
		}
		await n8n.client.activate(idOf(ids, 'pick-the-best-of-four-drafts'));
		await takeForms(browser, n8n.url);
	} finally {
		await browser.close();
		await n8n.stop();
		await simulator.close();
	}
}

function idOf(ids: Examples, name: string): string {
	const id = ids.get(name);
	if (id === undefined) throw new Error(`examples/${name}.json is missing`);
	return id;
}

/** The canvas of each example. */
async function takeExamples({ page, url, theme, examples }: Editor): Promise<void> {
	await page.setViewportSize({ width: 2000, height: 1250 });
	for (const [name, id] of examples) {
		await openWorkflow(page, url, id);
		await savePicture(page, `examples/${name}`, theme, await canvasArea(page));
	}
}

/** The first example after its execution: its canvas, and one of its pictures. */
async function takeFirstPictures({ page, url, theme, examples }: Editor): Promise<void> {
	await page.setViewportSize({ width: 1440, height: 860 });
	await openWorkflow(page, url, idOf(examples, 'draw-your-first-pictures'));
	await executeWorkflow(page);
	await savePicture(page, 'workflow', theme, await canvasArea(page));
	await openNode(page, 'Draw the pictures');
	await showOutputAs(page, 'Binary');
	await output(page).getByText('View', { exact: true }).first().click();
	await waitForImage(output(page).locator('img'));
	await savePicture(nodePanel(page), 'result', theme);
}

/** A new node's fields, and a new credential. */
async function takeNode({ page, url, theme }: Editor): Promise<void> {
	await page.setViewportSize({ width: 1440, height: 1080 });
	await addFirstStep(page, url);
	await chooseAction(page, 'Generate image');
	const prompt = page.getByTestId('parameter-input-prompt').getByRole('textbox');
	await prompt.fill(idea);
	await prompt.blur();
	const parts = page.locator('[data-test-id="tab-params"], [data-test-id="node-parameters"]');
	await savePicture(page, 'node', theme, await areaOf(page, parts, 16));
	const dialog = await newCredential(page);
	const key = dialog.getByTestId('parameter-input-apiKey').locator('input');
	await key.fill('rf_live_0000000000');
	await key.blur();
	await savePicture(page.locator('.el-dialog').filter({ has: dialog }), 'credential', theme);
}

/** The trigger's panel with its two URLs. */
async function takeTrigger({ page, url, theme, examples }: Editor): Promise<void> {
	await page.setViewportSize({ width: 1440, height: 860 });
	await openWorkflow(page, url, idOf(examples, 'fire-and-collect'));
	await openNode(page, 'When a run has ended');
	await showWebhookUrls(page);
	await savePicture(nodePanel(page), 'trigger', theme);
}

/** What a visitor of a form sees; n8n's forms have no dark look. */
async function takeForms(browser: Browser, url: string): Promise<void> {
	const page = await openPage(browser);
	const card = page.locator('.card').filter({ visible: true });
	await fillForm(page, `${url}/form/pick-a-draft`, idea);
	await savePicture(card, 'form', 'light');
	await submitForm(page, 'Draw four drafts');
	await waitForPicture(page, 'Choose a draft', 'Draft 4');
	await page.getByLabel('Draft 3', { exact: true }).check();
	await savePicture(card, 'form-drafts', 'light');
	await submitForm(page, 'Finish this one');
	await waitForPicture(page, 'Your picture is ready', 'Your picture');
	await savePicture(card, 'form-result', 'light');
}

async function canvasArea(page: Page) {
	return await areaOf(page, page.locator('.vue-flow__node'), 40);
}

screenshots().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
});
