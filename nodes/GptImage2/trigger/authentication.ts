import { NodeOperationError, type IHookFunctions, type IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { eventOf, readCallback, type Callback } from '../../../runflow/callback';
import { RunflowApiError } from '../../../runflow/errors';
import { settle } from '../../../runflow/settle';
import { signatureHeader, verify } from '../../../runflow/signature';
import { connect } from '../connection';
import { readSecrets, recentSecrets } from './secrets';

const authenticationSchema = z.enum(['none', 'reread', 'signature']).catch('signature');

/** A delivery that is taken for real, or the answer that refuses it. */
export type Judgement =
	{ taken: true; callback: Callback } | { taken: false; status: number; reason: string };

const notACallback: Judgement = { taken: false, status: 400, reason: 'Not a callback of a run' };

/** Judges a delivery by its raw bytes and headers, in the way the node's 'Authentication' says. Never throws. */
export async function authenticate(context: IWebhookFunctions): Promise<Judgement> {
	const { rawBody } = context.getRequestObject();
	const body: Uint8Array = Buffer.isBuffer(rawBody) ? rawBody : Buffer.alloc(0);
	switch (authenticationSchema.parse(context.getNodeParameter('authentication', 'signature'))) {
		case 'signature':
			return await judgeBySignature(context, body);
		case 'reread':
			return await judgeByRun(context, body);
		case 'none':
			return judgeByShape(body);
	}
}

/** Refuses to activate a trigger that could take nothing. Throws NodeOperationError. */
export async function assertCanAuthenticate(context: IHookFunctions): Promise<void> {
	const chosen = authenticationSchema.parse(
		context.getNodeParameter('authentication', 'signature'),
	);
	if (chosen !== 'signature' || (await readSecrets(context)).length > 0) return;
	throw new NodeOperationError(
		context.getNode(),
		"'Callback Signing Secrets' is empty in the Runflow credential. Enter the secret with which Runflow signs callbacks there, or choose 'Re-Read the Run From Runflow' as 'Authentication', which needs none.",
		{
			description:
				"With 'Signature' as 'Authentication' the trigger takes signed callbacks only, and without the secret it would refuse every one.",
		},
	);
}

async function judgeBySignature(context: IWebhookFunctions, body: Uint8Array): Promise<Judgement> {
	const secrets = await settle(async () => await recentSecrets(context));
	const signature = context.getHeaderData()[signatureHeader];
	const verdict = verify(body, signature, secrets.ok ? secrets.value : []);
	return verdict.ok
		? judgeByShape(body)
		: { taken: false, status: 401, reason: `Signature refused: ${verdict.reason}` };
}

/** Takes the run id alone from the callback, and everything else from the API. */
async function judgeByRun(context: IWebhookFunctions, body: Uint8Array): Promise<Judgement> {
	const claimed = readCallback(body);
	if (claimed === null) return notACallback;
	const read = await settle(
		async () => await (await connect(context)).client.getRun(claimed.run.id),
	);
	if (!read.ok) {
		const missing = read.error instanceof RunflowApiError && [404, 422].includes(read.error.status);
		return missing
			? { taken: false, status: 401, reason: 'No such run' }
			: { taken: false, status: 503, reason: 'The run could not be read, try again' };
	}
	const event = eventOf(read.value.status);
	return event === null
		? { taken: false, status: 503, reason: 'The run has not ended yet, try again' }
		: { taken: true, callback: { event, run: read.value } };
}

function judgeByShape(body: Uint8Array): Judgement {
	const callback = readCallback(body);
	return callback === null ? notACallback : { taken: true, callback };
}
