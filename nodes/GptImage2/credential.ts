import {
	NodeOperationError,
	type ICredentialsDecrypted,
	type IExecuteFunctions,
	type ILoadOptionsFunctions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { parseSecrets } from '../../runflow/signature';

/** The name of the credential type in saved workflows. */
export const credentialType = 'runflowApi';

const credentialSchema = z.object({
	baseUrl: z
		.string()
		.trim()
		.transform((url) => url.replace(/(?<!\/)\/+$/, '').replace(/\/v1$/, ''))
		.catch(''),
	apiKey: z.string().trim().catch(''),
	organizationId: z.string().trim().catch(''),
	signingSecrets: z.string().transform(parseSecrets).catch([]),
});

/** The contexts that talk to Runflow: the node while it runs, and its webhook while it is called. */
export type RequestContext = IExecuteFunctions | IWebhookFunctions;

/**
 * The contexts that connect: a node that runs or is called, and the editor while it lists runs to choose
 * from.
 */
export type ConnectionContext = RequestContext | ILoadOptionsFunctions;

/** Whether the credential differs if n8n has no data for its expressions, as in a webhook. */
export async function differsWithoutItems(
	context: IExecuteFunctions,
	opened: OpenedCredential,
): Promise<boolean> {
	const withoutItems: IExecuteFunctions = Object.create(context, {
		connectionInputData: { value: undefined },
	});
	const other = await withoutItems.getCredentials(credentialType).catch(() => null);
	if (isSame(other, opened)) return false;
	for (const itemIndex of context.getInputData().keys()) {
		if (isSame(await context.getCredentials(credentialType, itemIndex), opened)) continue;
		throw new NodeOperationError(
			context.getNode(),
			'The items have different Runflow credentials',
			{
				itemIndex,
				description:
					"An expression in the credential yields another value for this item, and the node uses one for all. Put 'Loop Over Items' with a 'Batch Size' of 1 before the node. Nothing was sent to Runflow.",
			},
		);
	}
	return true;
}

function isSame(data: unknown, { apiKey, baseUrl, organizationId }: OpenedCredential): boolean {
	const other = credentialSchema.safeParse(data).data;
	return (
		other?.apiKey === apiKey && other.baseUrl === baseUrl && other.organizationId === organizationId
	);
}

/** A credential as decrypted by n8n, and the parts of it that are needed here. */
export interface OpenedCredential {
	decrypted: ICredentialsDecrypted;
	baseUrl: string;
	apiKey: string;
	organizationId: string;
	secrets: string[];
}

const notInHeaders = /[^\x21-\x7e]/;

/** Opens the node's credential. Throws as `connect` does. */
export async function openCredential(context: ConnectionContext): Promise<OpenedCredential> {
	const data = await context.getCredentials(credentialType);
	const { signingSecrets, ...opened } = credentialSchema.parse(data);
	const { apiKey, baseUrl, organizationId } = opened;
	const refuse = (label: string, problem: string) =>
		new NodeOperationError(context.getNode(), `'${label}' in the Runflow credential ${problem}`, {
			description: 'Correct it in the credential. Nothing was sent to Runflow.',
		});
	const badCharacter = 'has a space or another character in it that can not be sent';
	if (notInHeaders.test(apiKey)) throw refuse('API Key', badCharacter);
	if (notInHeaders.test(organizationId)) throw refuse('Organization ID', badCharacter);
	if (!/^https?:\/\/[^\s?#]+$/i.test(baseUrl)) {
		throw refuse(
			'Base URL',
			"must start with https:// or http://, and have no '?', '#' or space in it",
		);
	}
	const decrypted = { id: '', name: '', type: credentialType, data };
	return { ...opened, decrypted, secrets: [apiKey, ...signingSecrets] };
}
