import type { Page } from 'playwright-core';

import { waitForImage } from '../../scripts/browser/editor';
import { readExample, walk, type Walker } from './support';

const idea = 'A red fox in the snow';

/** Imports an example, as a user does, and publishes it. */
async function publish({ client, credentialId }: Walker, example: string): Promise<void> {
	await client.activate(await client.createWorkflow(readExample(example), credentialId));
}

/** Opens a form as a visitor, who needs no account, enters the idea and submits it. */
async function submit(page: Page, url: string, button: string): Promise<void> {
	await page.goto(url);
	await page.getByLabel('What should the picture show?').fill(idea);
	await page.getByRole('button', { name: button }).click();
}

walk('forms', { loggedIn: false }, (step) => {
	step('a form that waits shows the picture on its last page', async (walker) => {
		const { page, url, simulator } = walker;
		await publish(walker, 'answer-a-form-with-a-picture');
		await submit(page, `${url}/form/order-a-picture`, 'Draw it');
		await page.getByText('Here is your picture').waitFor();
		await waitForImage(page.getByRole('img', { name: 'Your picture' }));
		expect(simulator.runs.map(({ request }) => request.input.prompt)).toEqual([idea]);
	});

	step('a form that suspends shows it to the visitor who stays on the page', async (walker) => {
		const { page, url, simulator } = walker;
		simulator.settings.runTime = 3000;
		await publish(walker, 'answer-a-form-while-suspended');
		await submit(page, `${url}/form/order-a-picture-suspended`, 'Draw it');
		await page.getByText('Here is your picture').waitFor();
		await waitForImage(page.getByRole('img', { name: 'Your picture' }));
		simulator.settings.runTime = 300;
	});

	step('a form shows four drafts', async (walker) => {
		const { page, url } = walker;
		await publish(walker, 'pick-the-best-of-four-drafts');
		await submit(page, `${url}/form/pick-a-draft`, 'Draw four drafts');
		for (const number of [1, 2, 3, 4])
			await waitForImage(page.getByRole('img', { name: `Draft ${number}` }));
	});

	step('the chosen draft comes back in high quality', async ({ page, simulator }) => {
		const drafts = simulator.runs.at(-1);
		await page.getByLabel('Draft 3', { exact: true }).check();
		await page.getByLabel('Anything to change?').fill('Warmer light');
		await page.getByRole('button', { name: 'Finish this one' }).click();
		await page.getByText('Your picture is ready').waitFor();
		await waitForImage(page.getByRole('img', { name: 'Your picture' }));
		const { input } = simulator.runs.at(-1)?.request ?? {};
		expect(input).toMatchObject({
			quality: 'high',
			image_urls: [expect.stringContaining(`/files/${drafts?.id}/2/`)],
		});
		expect(input?.prompt).toContain('Warmer light');
	});
});
