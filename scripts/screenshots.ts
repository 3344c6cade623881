import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { startSimulator } from '../simulator/simulator';
import { readExample } from './examples';
import { owner } from './n8n/client';
import { packPackage } from './n8n/package';
import { startN8n } from './n8n/process';

const root = join(__dirname, '..');

/** Executes the first example in a real editor and takes the screenshots for the README. */
async function screenshots(): Promise<void> {
	const simulator = await startSimulator({ runTime: 500 });
	const n8n = await startN8n({ tarball: packPackage() });
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
	try {
		const credentialId = await n8n.client.createCredential({
			apiKey: 'rf_live_simulator',
			baseUrl: simulator.url,
			organizationId: '',
			signingSecrets: '',
		});
		const workflow = readExample('draw-your-first-pictures');
		const id = await n8n.client.createWorkflow(workflow, credentialId);

		const page = await browser.newPage({ viewport: { width: 1500, height: 860 } });
		await page.goto(`${n8n.url}/signin`);
		await page.locator('input[name="emailOrLdapLoginId"]').fill(owner.email);
		await page.locator('input[name="password"]').fill(owner.password);
		await page.keyboard.press('Enter');
		await page.waitForURL(/home|workflow/);
		await page.goto(`${n8n.url}/workflow/${id}`);
		await page.getByText('Execute workflow', { exact: true }).last().click();
		await page.getByText('3 items').last().waitFor();
		await page.waitForTimeout(1500);
		await page.screenshot({ path: join(root, 'docs', 'workflow.png') });

		await page.locator('[data-node-name="Draw the pictures"]').first().dblclick();
		await page.getByText('View', { exact: true }).first().click();
		await page.waitForTimeout(6000);
		await page.screenshot({ path: join(root, 'docs', 'result.png') });
	} finally {
		await browser.close();
		await n8n.stop();
		await simulator.close();
	}
}

void screenshots();
