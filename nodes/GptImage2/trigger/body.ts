import type { IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

/** The bytes of a delivery, or the answer to a delivery whose bytes can't be read. */
type DeliveredBody =
	{ read: true; bytes: Uint8Array } | { read: false; httpStatus: number; reason: string };

const tooLargeSchema = z.object({ type: z.literal('entity.too.large') });

/**
 * Reads the bytes of a delivery, whatever its content type: n8n reads only bodies of content types that it
 * knows and leaves the others to the node. The bytes are those after n8n has undone any gzip or deflate of
 * 'Content-Encoding'. If the sender hangs up halfway, the reading ends. Never throws.
 */
export async function readDeliveredBody(context: IWebhookFunctions): Promise<DeliveredBody> {
	const request = context.getRequestObject();
	const response = context.getResponseObject();
	if (!Buffer.isBuffer(request.rawBody)) {
		const hungUp = new Promise<never>((_resolve, reject) => {
			const giveUp = () => reject(new Error('hung up'));
			if (response.closed) giveUp();
			else response.once('close', giveUp);
		});
		try {
			await Promise.race([request.readRawBody(), hungUp]);
		} catch (error) {
			return tooLargeSchema.safeParse(error).success
				? { read: false, httpStatus: 413, reason: 'The body is too large' }
				: { read: false, httpStatus: 400, reason: 'The body could not be read' };
		}
	}
	const { rawBody } = request;
	return { read: true, bytes: Buffer.isBuffer(rawBody) ? rawBody : Buffer.alloc(0) };
}
