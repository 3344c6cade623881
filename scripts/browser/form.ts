import type { Page } from 'playwright-core';

import { waitForImage } from './editor';

/** Opens a form of the examples as a visitor, who needs no account, and says what the picture should show. */
export async function fillForm(page: Page, url: string, idea: string): Promise<void> {
	await page.goto(url);
	await page.getByLabel('What should the picture show?').fill(idea);
}

/** Submits the form that is open. */
export async function submitForm(page: Page, button: string): Promise<void> {
	await page.getByRole('button', { name: button }).click();
}

/** Waits until a page of a form has that title and shows a picture of that name. */
export async function waitForPicture(page: Page, title: string, name: string): Promise<void> {
	await page.getByText(title).waitFor();
	await waitForImage(page.getByRole('img', { name }));
}
