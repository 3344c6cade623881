import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExportedWorkflow } from './n8n/client';

/** The folder of the workflows to import. */
export const examplesFolder = join(__dirname, '..', 'examples');

/** An example, as the demo offers it. */
export interface Example {
	/** Its file, without folder and extension. */
	name: string;
	/** What it is grouped by in n8n's list of workflows. */
	tag: string;
	/** What it needs of another service, with a credential in n8n, before it can be published. */
	account?: string;
	/** The path of its web form, which works once it is published. */
	form?: string;
}

/** Every example, in the order in which to try them. */
export const examples: readonly Example[] = [
	{ name: 'draw-your-first-pictures', tag: 'Start here' },
	{ name: 'answer-a-form-with-a-picture', tag: 'Web forms', form: 'order-a-picture' },
	{ name: 'pick-the-best-of-four-drafts', tag: 'Web forms', form: 'pick-a-draft' },
	{
		name: 'edit-product-photos-with-a-brand-reference',
		tag: 'Web forms',
		form: 'restyle-product-photos',
	},
	{ name: 'turn-campaign-rows-into-pictures-for-every-channel', tag: 'Campaigns' },
	{
		name: 'approve-a-campaign-before-it-is-paid',
		tag: 'Campaigns',
		form: 'approve-a-campaign',
	},
	{ name: 'draw-a-picture-of-the-day-within-a-monthly-limit', tag: 'Campaigns' },
	{ name: 'send-a-picture-back-on-telegram', tag: 'With your accounts', account: 'a Telegram bot' },
	{
		name: 'add-featured-images-in-wordpress',
		tag: 'With your accounts',
		account: 'a WordPress site',
	},
	{
		name: 'post-a-picture-on-instagram',
		tag: 'With your accounts',
		account: 'an Instagram account',
		form: 'post-on-instagram',
	},
	{
		name: 'turn-a-google-sheet-into-pictures-in-drive',
		tag: 'With your accounts',
		account: 'a Google account',
	},
	{ name: 'chat-with-an-agent-that-draws-and-edits', tag: 'Agents' },
	{ name: 'reword-a-refused-prompt-once', tag: 'Agents' },
	{ name: 'answer-a-form-while-suspended', tag: 'At scale', form: 'order-a-picture-suspended' },
	{ name: 'suspend-and-resume', tag: 'At scale' },
	{ name: 'fire-and-collect', tag: 'At scale', form: 'fire-and-collect' },
	{ name: 'catch-up-after-downtime', tag: 'At scale' },
];

/** Reads an example's workflow, as a user imports it. */
export function readExample(name: string): ExportedWorkflow {
	return JSON.parse(readFileSync(join(examplesFolder, `${name}.json`), 'utf8')) as ExportedWorkflow;
}
