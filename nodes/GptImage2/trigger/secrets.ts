import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { parseSecrets } from '../../../runflow/signature';
import { credentialType } from '../credential';

const secretsSchema = z.object({ signingSecrets: z.string().catch('') });

/**
 * How long secrets are kept in memory. Opening a credential takes n8n about as long as starting an
 * execution, which each callback of a burst would cost again; in return, a rotated secret applies this much
 * later.
 */
const lifetimeMs = 5_000;

const kept = new Map<string, { secrets: Promise<string[]>; until: number }>();

/** The current signing secrets in the node's credential. Throws if the credential can't be read. */
export async function readSecrets(context: IWebhookFunctions | IHookFunctions): Promise<string[]> {
	const credentials = await context.getCredentials(credentialType);
	return parseSecrets(secretsSchema.parse(credentials).signingSecrets);
}

/**
 * The signing secrets in the node's credential, at most a few seconds old; concurrent callbacks share one
 * read. Throws if the credential can't be read.
 */
export async function recentSecrets(context: IWebhookFunctions): Promise<string[]> {
	const id = context.getNode().credentials?.[credentialType]?.id;
	if (!id) return await readSecrets(context);
	const known = kept.get(id);
	if (known && known.until > performance.now()) return await known.secrets;
	const secrets = readSecrets(context);
	kept.set(id, { secrets, until: performance.now() + lifetimeMs });
	return await secrets.catch((error: unknown) => {
		kept.delete(id);
		throw error;
	});
}
