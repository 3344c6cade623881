import { selectors, type Browser, type Locator, type Page } from 'playwright-core';

import { browserId, owner } from '../n8n/session';

/** n8n's two looks. */
export type Theme = 'light' | 'dark';

const viewport = { width: 1440, height: 900 };

/** How long a page may take to show what is expected, on a busy machine too. */
const patienceMs = 30_000;

/** Opens a new page with a session and a cache of its own. */
export async function openPage(browser: Browser, theme: Theme = 'light'): Promise<Page> {
	selectors.setTestIdAttribute('data-test-id');
	const context = await browser.newContext({ viewport, colorScheme: theme, locale: 'en-US' });
	context.setDefaultTimeout(patienceMs);
	// Where the editor keeps the choice of 'Settings → Personal → Theme'.
	await context.addInitScript(`localStorage.setItem('N8N_THEME', '${theme}')`);
	return await context.newPage();
}

/** Gives a page the session of a client, so that nobody has to log in. */
export async function takeOver(page: Page, url: string, session: string): Promise<void> {
	const [name = '', ...value] = session.split('=');
	await page.context().addCookies([{ name, value: value.join('='), url }]);
	await page.context().addInitScript(`localStorage.setItem('n8n-browserId', '${browserId}')`);
}

/** Logs the owner in, and waits for the page after it. */
export async function logIn(page: Page, url: string): Promise<void> {
	await page.goto(`${url}/signin`);
	await page.locator('input[name="emailOrLdapLoginId"]').fill(owner.email);
	await page.locator('input[name="password"]').fill(owner.password);
	await page.keyboard.press('Enter');
	await page.waitForURL(/home|workflow/);
}

/** Opens a saved workflow, and waits until the editor has moved all of it into view. */
export async function openWorkflow(page: Page, url: string, id: string): Promise<void> {
	await page.goto(`${url}/workflow/${id}`);
	await page.getByTestId('canvas-node').first().waitFor();
	await page.locator('.vue-flow[class*="_ready"]').waitFor();
}

/** Opens a new workflow, and the list of nodes that 'Add first step…' offers. */
export async function addFirstStep(page: Page, url: string): Promise<void> {
	await page.goto(`${url}/workflow/new`);
	await page.getByTestId('canvas-plus-button').click();
	await searchBar(page).waitFor();
}

/** The search bar of the list of nodes. */
export function searchBar(page: Page): Locator {
	return page.getByTestId('node-creator-search-bar');
}

/** What the search in the list of nodes found under that name. */
export function foundNode(page: Page, name: string): Locator {
	return page
		.getByTestId('item-iterator-item')
		.filter({ has: page.getByText(name, { exact: true }) });
}

/** Chooses an action of GPT Image 2 in the list of nodes that is open; its panel opens. */
export async function chooseAction(page: Page, action: string): Promise<void> {
	await searchBar(page).fill('gpt image 2');
	await foundNode(page, 'GPT Image 2').click();
	await page.getByText(/^Actions \(\d+\)$/).click();
	await page.getByText(action, { exact: true }).click();
	await nodePanel(page).waitFor();
}

/** Opens the dialog for a new credential from the panel of a node, and returns it. */
export async function newCredential(page: Page): Promise<Locator> {
	await page.getByTestId('node-credentials-select').click();
	await page.getByTestId('node-credentials-select-item-new').click();
	const dialog = page.getByTestId('credential-edit-dialog');
	await dialog.waitFor();
	return dialog;
}

/** Unfolds the webhook URLs of the trigger that is open. */
export async function showWebhookUrls(page: Page): Promise<void> {
	await nodePanel(page).getByText('Webhook URLs', { exact: true }).click();
	await nodePanel(page).getByText('/webhook-test/').waitFor();
}

/** A node on the canvas. */
export function nodeOnCanvas(page: Page, name: string): Locator {
	return page.getByTestId('canvas-node').and(page.locator(`[data-node-name="${name}"]`));
}

/** Opens the panel of a node on the canvas. */
export async function openNode(page: Page, name: string): Promise<void> {
	await nodeOnCanvas(page, name).dblclick();
	await nodePanel(page).waitFor();
}

/** Closes the panel of the node that is open. */
export async function closeNode(page: Page): Promise<void> {
	await page.getByTestId('ndv-close-button').click();
	await nodePanel(page).waitFor({ state: 'hidden' });
}

/** The panel of the node that is open: input, parameters and output. */
export function nodePanel(page: Page): Locator {
	return page.getByTestId('ndv');
}

/** A field of the node that is open, by its label; inside a collection too. */
export function field(page: Page, label: string): Locator {
	return page
		.getByTestId('node-parameters')
		.locator('.parameter-item, [data-test-id="parameter-item"]')
		.filter({ has: page.locator('label').getByText(label, { exact: true }) })
		.filter({ visible: true })
		.last();
}

/** Chooses an option of a field by the beginning of its label. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
	await field(page, label).getByRole('combobox').click();
	await openOptions(page)
		.filter({ hasText: new RegExp(`^\\s*${option.replaceAll(/[^\w\s]/g, '\\$&')}`) })
		.first()
		.click();
	await openOptions(page).first().waitFor({ state: 'hidden' });
}

/** The options of the list that is open. */
export function openOptions(page: Page): Locator {
	return page.getByRole('option').filter({ visible: true });
}

/** Adds an option of the collection 'Options'. */
export async function addOption(page: Page, label: string): Promise<void> {
	await page.getByTestId('collection-parameter-add').click();
	await page.getByTestId('collection-parameter-option').getByText(label, { exact: true }).click();
	await field(page, label).waitFor();
}

/** Presses 'Execute step', and waits for that many items. */
export async function executeStep(page: Page, items: number): Promise<void> {
	await page.getByTestId('node-execute-button').click();
	await output(page)
		.getByText(items === 1 ? '1 item' : `${items} items`, { exact: true })
		.waitFor();
}

/** The output side of the node that is open. */
export function output(page: Page): Locator {
	return page.getByTestId('output-panel');
}

/** Shows the output as JSON, Table, Schema or Binary. */
export async function showOutputAs(
	page: Page,
	view: 'JSON' | 'Table' | 'Schema' | 'Binary',
): Promise<void> {
	await output(page).getByTestId(`radio-button-${view.toLowerCase()}`).click();
}

/** Presses 'Execute workflow' on the canvas, and waits until n8n says that it succeeded. */
export async function executeWorkflow(page: Page): Promise<void> {
	await page.getByTestId('execute-workflow-button').click();
	await page.getByText('Workflow executed successfully').waitFor();
}

/** Waits until an image has been loaded and drawn, not just its place on the page. */
export async function waitForImage(image: Locator): Promise<void> {
	await image.waitFor();
	await image.evaluate('(image) => image.decode()');
}
