import { NodeOperationError, type IHookFunctions, type IWebhookFunctions } from 'n8n-workflow';

import { eventOf, readCallback, type Callback } from '../../../runflow/callback';
import { RunflowApiError } from '../../../runflow/errors';
import { signatureHeader, verify } from '../../../runflow/signature';
import { connect } from '../connection';
import { credentialType } from '../credential';
import { isRunId } from '../parameters/run';
import { readAuthentication } from '../parameters/trigger';
import { readDeliveredBody } from './body';
import { Rereads } from './rereads';
import { readSecrets, recentSecrets } from './secrets';

/** Either an accepted delivery, or the answer that refuses it. */
type Verdict =
	{ accepted: true; callback: Callback } | { accepted: false; httpStatus: number; reason: string };

const rereads = new Rereads();

const notACallback = refuse(400, 'Not a callback of a run');
const noSuchRun = refuse(401, 'No such run');

/**
 * Judges a delivery by its raw bytes and headers, as the node's 'Authentication' specifies. Never throws.
 */
export async function authenticate(context: IWebhookFunctions): Promise<Verdict> {
	const delivered = await readDeliveredBody(context);
	if (!delivered.read) return refuse(delivered.httpStatus, delivered.reason);
	const body = delivered.bytes;
	switch (readAuthentication(context)) {
		case 'signature':
			return await verifySignature(context, body);
		case 'reread':
			return await rereadRun(context, body);
		case 'none':
			return readBody(body);
	}
}

/** Refuses to activate a trigger that could never accept anything. Throws NodeOperationError. */
export async function assertCanAuthenticate(context: IHookFunctions): Promise<void> {
	if (readAuthentication(context) !== 'signature') return;
	if ((await readSecrets(context)).length > 0) return;
	throw new NodeOperationError(
		context.getNode(),
		"'Callback Signing Secrets' is empty in the Runflow credential. Enter the secret with which Runflow signs callbacks there, or choose 'Re-Read the Run From Runflow' as 'Authentication', which needs none.",
		{
			description:
				"With 'Signature' as 'Authentication' the trigger accepts signed callbacks only, and without the secret it would refuse every one.",
		},
	);
}

async function verifySignature(context: IWebhookFunctions, body: Uint8Array): Promise<Verdict> {
	const secrets = await recentSecrets(context).catch(() => null);
	if (secrets === null) return refuse(503, 'The credential could not be read, try again');
	const verdict = verify(body, context.getHeaderData()[signatureHeader], secrets);
	return verdict.ok ? readBody(body) : refuse(401, `Signature refused: ${verdict.reason}`);
}

/**
 * Uses only the run id from the callback, and everything else from the API. A failed read isn't repeated,
 * because the sender tries again.
 */
async function rereadRun(context: IWebhookFunctions, body: Uint8Array): Promise<Verdict> {
	const claimed = readCallback(body);
	if (claimed === null) return notACallback;
	const { id } = claimed.run;
	if (!isRunId(id)) return noSuchRun;
	const key = `${context.getNode().credentials?.[credentialType]?.id} ${id.toLowerCase()}`;
	try {
		const run = await rereads.once(key, async () => {
			const { client } = await connect(context);
			return await client.withOutput(await client.once.getRun(id));
		});
		if (run === null) return refuse(429, 'Too many callbacks of runs that do not exist, try again');
		const event = eventOf(run.status);
		return event === null
			? refuse(503, 'The run has not ended yet, try again')
			: { accepted: true, callback: { event, run } };
	} catch (error) {
		const isMissing = error instanceof RunflowApiError && [404, 422].includes(error.httpStatus);
		return isMissing ? noSuchRun : refuse(503, 'The run could not be read, try again');
	}
}

function readBody(body: Uint8Array): Verdict {
	const callback = readCallback(body);
	return callback === null ? notACallback : { accepted: true, callback };
}

function refuse(httpStatus: number, reason: string): Verdict {
	return { accepted: false, httpStatus, reason };
}
