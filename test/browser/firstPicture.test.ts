import {
	addFirstStep,
	closeNode,
	executeStep,
	field,
	foundNode,
	logIn,
	newCredential,
	nodeOnCanvas,
	nodePanel,
	openNode,
	output,
	searchBar,
	showOutputAs,
	waitForImage,
} from '../../scripts/browser/editor';
import { walk } from './support';

const prompt = 'A paper-cut map of an island with three villages and a lighthouse';

const phrases = [
	'gpt image 2',
	'runflow',
	'generate image',
	'create image',
	'image generation',
	'ai image',
	'text to image',
	'edit image',
];

walk('to the first picture', { anonymous: true }, (step) => {
	step('logs in', async ({ page, url }) => {
		await logIn(page, url);
	});

	step("opens the dialog of 'Settings → Community nodes'", async ({ page, url }) => {
		await page.goto(`${url}/settings/community-nodes`);
		await page.getByRole('button', { name: 'Install a community node' }).click();
		await page.getByText('npm Package Name').waitFor();
	});

	step('can press Install once a name is entered and the risk is accepted', async ({ page }) => {
		const install = page.getByTestId('install-community-package-button');
		const enabled: boolean[] = [await install.isEnabled()];
		await page.getByTestId('package-name-input').fill('n8n-nodes-runflow');
		enabled.push(await install.isEnabled());
		await page.getByTestId('user-agreement-checkbox').click();
		enabled.push(await install.isEnabled());
		expect(enabled).toEqual([false, false, true]);
	});

	step("is offered nodes by 'Add first step…'", async ({ page, url }) => {
		await addFirstStep(page, url);
	});

	for (const phrase of phrases) {
		step(`finds the node by '${phrase}'`, async ({ page }) => {
			await searchBar(page).fill(phrase);
			await foundNode(page, 'GPT Image 2').waitFor();
			await searchBar(page).fill('no node has this name');
			await foundNode(page, 'GPT Image 2').waitFor({ state: 'hidden' });
		});
	}

	step('sees it as installed, with its triggers and its actions', async ({ page }) => {
		await searchBar(page).fill('generate image');
		await foundNode(page, 'GPT Image 2').click();
		await page.getByText('Installed', { exact: true }).waitFor();
		await page.getByText('On picture ready').waitFor();
		await page.getByText(/^Actions \(\d+\)$/).click();
		for (const action of ['Edit image', 'Get many runs', 'Redeliver missed callbacks'])
			await page.getByText(action, { exact: true }).waitFor();
	});

	step('adds it, and n8n adds a trigger that starts it by hand', async ({ page }) => {
		await page.getByText('Generate image', { exact: true }).click();
		await nodePanel(page).waitFor();
		await closeNode(page);
		await nodeOnCanvas(page, 'When clicking ‘Execute workflow’').waitFor();
		await openNode(page, 'Generate image');
	});

	step('is told in the credential that a wrong key is wrong', async ({ page, simulator }) => {
		const dialog = await newCredential(page);
		await dialog.getByTestId('parameter-input-apiKey').locator('input').fill('not a key');
		await dialog.getByTestId('parameter-input-baseUrl').locator('input').fill(simulator.url);
		await page.getByTestId('credential-save-button').click();
		await dialog.getByText('Couldn’t connect with these settings').waitFor();
	});

	step('sees the test of a right key succeed', async ({ page }) => {
		const dialog = page.getByTestId('credential-edit-dialog');
		await dialog.getByTestId('parameter-input-apiKey').locator('input').fill('rf_live_browser');
		await page.getByTestId('credential-save-button').click();
		// Once its test has succeeded, n8n closes the dialog of a new credential.
		await dialog.waitFor({ state: 'hidden' });
		await page.getByTestId('credential-edit-button').click();
		await dialog.getByText('Connection tested successfully').waitFor();
		await page.getByRole('button', { name: 'Close this dialog' }).click();
		await dialog.waitFor({ state: 'hidden' });
	});

	step('executes the step and reads what it cost', async ({ page }) => {
		await field(page, 'Prompt').getByRole('textbox').fill(prompt);
		await executeStep(page, 1);
		await output(page).getByText('1 image from 1 run, 0 failed').waitFor();
	});

	step('sees the picture in the output panel', async ({ page }) => {
		await output(page).getByText('View', { exact: true }).click();
		await waitForImage(output(page).locator('img'));
	});

	step('reads its URL in the JSON', async ({ page, simulator }) => {
		await output(page).getByText('Back to list').click();
		await showOutputAs(page, 'JSON');
		await output(page).getByText(`${simulator.url}/files/`).waitFor();
		await output(page).getByText(prompt).waitFor();
	});
});
