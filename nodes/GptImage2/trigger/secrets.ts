import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { parseSecrets } from '../../../runflow/signature';
import { credentialType } from '../credential';

const secretsSchema = z.object({ signingSecrets: z.string().catch('') });

/**
 * How long secrets are kept in memory. n8n takes about as long to open a credential as to start an
 * execution, which a burst of callbacks would pay each time; a rotated secret applies this much later.
 */
const lifetimeMs = 5_000;

const kept = new Map<string, { secrets: Promise<string[]>; until: number }>();

/** The signing secrets of the node's credential, as they are now. Throws where the credential can't be read. */
export async function readSecrets(context: IWebhookFunctions | IHookFunctions): Promise<string[]> {
	const credentials = await context.getCredentials(credentialType);
	return parseSecrets(secretsSchema.parse(credentials).signingSecrets);
}

/**
 * The signing secrets of the node's credential, as they were at most a few seconds ago; callbacks that come
 * together share one reading. Throws where the credential can't be read.
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
