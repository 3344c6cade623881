import type { Page } from 'playwright-core';

import { addOption, choose, field, openNode, openWorkflow } from '../../scripts/browser/editor';
import { readWorkflow, walk } from './support';

/** Waits until the panel shows these fields and no longer shows those. */
async function shows(page: Page, shown: string[], hidden: string[] = []): Promise<void> {
	for (const label of shown) await field(page, label).waitFor();
	for (const label of hidden) await field(page, label).waitFor({ state: 'hidden' });
}

walk('fields come and go', {}, (step) => {
	step('starts with what Generate needs', async ({ page, url, client, credentialId }) => {
		const id = await client.createWorkflow(readWorkflow('draw'), credentialId);
		await client.executeToEnd(id);
		await openWorkflow(page, url, id);
		await openNode(page, 'GPT Image 2');
		await shows(
			page,
			['Resource', 'Operation', 'Prompt', 'Image Size', 'Quality', 'Number of Images'],
			['Width', 'Height', 'Input Source', 'Callback URL'],
		);
	});

	step('a size is found by what it is for', async ({ page }) => {
		await field(page, 'Image Size').getByRole('combobox').click();
		await page.keyboard.type('reel');
		const found = page.getByRole('option').filter({ visible: true });
		await found.first().waitFor();
		const names = await found.allInnerTexts();
		expect(names.map((name) => name.split('\n')[0])).toEqual([
			'Instagram Story 9:16 (Reel, Short)',
			'Portrait 9:16 (Story, Reel, Short)',
		]);
		await found.first().click();
	});

	step('a size of their own shows Width and Height, with the rules below', async ({ page }) => {
		await choose(page, 'Image Size', 'Your Own Width and Height');
		await shows(page, ['Width', 'Height']);
		await field(page, 'Width').getByText('A multiple of 16').waitFor();
	});

	step('a preset hides them again', async ({ page }) => {
		await choose(page, 'Image Size', 'Square HD 1:1 (Post, Product)');
		await shows(page, ['Image Size'], ['Width', 'Height']);
	});

	step('Suspend Until Callback hides Sync Mode', async ({ page }) => {
		await addOption(page, 'Sync Mode');
		await shows(page, ['Sync Mode']);
		await choose(page, 'While Runflow Works', 'Suspend Until Callback');
		await shows(page, ['While Runflow Works'], ['Sync Mode', 'Callback URL']);
	});

	step('Return Immediately shows Callback URL', async ({ page }) => {
		await choose(page, 'While Runflow Works', 'Return Immediately');
		await shows(page, ['Callback URL']);
	});

	step('Wait in This Execution hides Callback URL', async ({ page }) => {
		await choose(page, 'While Runflow Works', 'Wait in This Execution');
		await shows(page, ['While Runflow Works'], ['Callback URL']);
	});

	step('Edit asks for the binary field of the image', async ({ page }) => {
		await choose(page, 'Operation', 'Edit');
		await shows(page, ['Input Source', 'Input Data Field Name'], ['Image URLs']);
	});

	step('Input Source URL asks for URLs instead', async ({ page }) => {
		await choose(page, 'Input Source', 'URL');
		await shows(page, ['Image URLs', 'Images'], ['Input Data Field Name']);
	});

	step('Input Source Earlier Run asks for a run and the number of an image', async ({ page }) => {
		await choose(page, 'Input Source', 'Earlier Run');
		await shows(page, ['Run ID', 'Image Number'], ['Image URLs', 'Input Data Field Name']);
	});

	step('the list of runs says what each of them drew', async ({ page }) => {
		await field(page, 'Run ID').getByTestId('rlc-input').click();
		await page.getByTestId('rlc-item').getByText('a ceramic teapot').click();
		await page.getByTestId('rlc-item').first().waitFor({ state: 'hidden' });
	});

	step('options are added one by one, masks only where something is edited', async ({ page }) => {
		for (const label of ['Mask URL', 'Timeout', 'Max Images']) await addOption(page, label);
		await choose(page, 'Operation', 'Generate');
		await shows(page, ['Timeout', 'Max Images'], ['Mask URL', 'Input Source']);
	});

	step('Run shows the operations on runs, and asks for the Run ID', async ({ page }) => {
		await choose(page, 'Resource', 'Run');
		await choose(page, 'Operation', 'Get Callback Deliveries');
		await shows(page, ['Run ID'], ['Prompt', 'Image Size', 'While Runflow Works']);
	});

	step('Get can wait until the run has finished', async ({ page }) => {
		await choose(page, 'Operation', 'Get');
		await addOption(page, 'Wait Until Finished');
		await shows(page, ['Run ID', 'Wait Until Finished']);
	});

	step('Get Many asks for Limit instead of a Run ID', async ({ page }) => {
		await choose(page, 'Operation', 'Get Many');
		await shows(page, ['Return All', 'Limit'], ['Run ID']);
		await field(page, 'Return All').locator('.el-switch').click();
		await shows(page, ['Return All'], ['Limit']);
	});
});
