import { callbackBody } from '../fixtures/callbacks';
import {
	choose,
	nodePanel,
	openNode,
	openWorkflow,
	output,
	showWebhookUrls,
} from '../../scripts/browser/editor';
import { readWorkflow, walk } from './support';

const webhookId = 'b1a7a3f0-0002-4c1e-9a51-3a1f0c5b00ff';

walk("the trigger's panel", {}, (step) => {
	step('says what to do next', async ({ page, url, client, credentialId }) => {
		const id = await client.createWorkflow(readWorkflow('trigger'), credentialId);
		await openWorkflow(page, url, id);
		await openNode(page, 'GPT Image 2 Trigger');
		await nodePanel(page).getByText('Start when a picture is ready').waitFor();
	});

	step('shows the test URL and the production URL', async ({ page, url }) => {
		await showWebhookUrls(page);
		await nodePanel(page).getByText(`${url}/webhook-test/${webhookId}/runflow`).waitFor();
		await page.getByRole('radio', { name: 'Production URL' }).click();
		await nodePanel(page).getByText(`${url}/webhook/${webhookId}/runflow`).waitFor();
	});

	step(
		'refuses to listen for signed callbacks without a secret, and says why',
		async ({ page }) => {
			await page.getByTestId('node-execute-button').click();
			await page.getByText("'Callback Signing Secrets' is empty").first().waitFor();
		},
	);

	step('listens once authentication needs no secret', async ({ page }) => {
		await choose(page, 'Authentication', 'None');
		await page.getByTestId('node-execute-button').click();
		await nodePanel(page).getByText('Listening for').first().waitFor();
	});

	step('shows the callback that arrives at the test URL', async ({ page, url }) => {
		const { status } = await fetch(`${url}/webhook-test/${webhookId}/runflow`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: callbackBody(),
		});
		expect(status).toBe(200);
		await output(page).getByText('run.completed').first().waitFor();
	});
});
