import { fillForm, submitForm, waitForPicture } from '../../scripts/browser/form';
import { readExample } from '../../scripts/examples';
import { walk, type Walker } from './support';

const idea = 'A red fox in the snow';

/** Imports an example, as a user does, and publishes it. */
async function publish({ client, credentialId }: Walker, example: string): Promise<void> {
	await client.activate(await client.createWorkflow(readExample(example), credentialId));
}

walk('forms', { anonymous: true }, (step) => {
	step('a form that waits shows the picture on its last page', async (walker) => {
		const { page, url, simulator } = walker;
		await publish(walker, 'answer-a-form-with-a-picture');
		await fillForm(page, `${url}/form/order-a-picture`, idea);
		await submitForm(page, 'Draw it');
		await waitForPicture(page, 'Here is your picture', 'Your picture');
		expect(simulator.runs.map(({ request }) => request.input.prompt)).toEqual([idea]);
	});

	step('a form that suspends shows it to the visitor who stays on the page', async (walker) => {
		const { page, url, simulator } = walker;
		simulator.settings.runTime = 3000;
		await publish(walker, 'answer-a-form-while-suspended');
		await fillForm(page, `${url}/form/order-a-picture-suspended`, idea);
		await submitForm(page, 'Draw it');
		await waitForPicture(page, 'Here is your picture', 'Your picture');
		simulator.settings.runTime = 300;
	});

	step('a form shows four drafts', async (walker) => {
		const { page, url } = walker;
		await publish(walker, 'pick-the-best-of-four-drafts');
		await fillForm(page, `${url}/form/pick-a-draft`, idea);
		await submitForm(page, 'Draw four drafts');
		for (const number of [1, 2, 3, 4])
			await waitForPicture(page, 'Choose a draft', `Draft ${number}`);
	});

	step('the chosen draft comes back in high quality', async ({ page, simulator }) => {
		const drafts = simulator.runs.at(-1);
		await page.getByLabel('Draft 3', { exact: true }).check();
		await page.getByLabel('Anything to change?').fill('Warmer light');
		await submitForm(page, 'Finish this one');
		await waitForPicture(page, 'Your picture is ready', 'Your picture');
		const { input } = simulator.runs.at(-1)?.request ?? {};
		expect(input).toMatchObject({
			quality: 'high',
			image_urls: [expect.stringContaining(`/files/${drafts?.id}/2/`)],
		});
		expect(input?.prompt).toContain('Warmer light');
	});
});
