import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod/v3';

import type { Settings } from './options';

const envelope = z.object({ message: z.unknown(), errors: z.unknown() });

/** Answers with the API's error envelope (ERR). */
export async function refuse(
	reply: FastifyReply,
	status: number,
	code: string,
	message: string,
	errors: unknown = null,
): Promise<FastifyReply> {
	return await reply.code(status).send({ code, message, errors });
}

/**
 * Has every path that doesn't exist, and every request that can't be read, answered as `refuse` does, and
 * all of these answers changed as the settings say.
 */
export function answerInEnvelopes(app: FastifyInstance, settings: Settings): void {
	app.addHook('preSerialization', async (_request, reply, answer: unknown) => {
		const { statusCode } = reply;
		if (statusCode < 400) return answer;
		reply.code(settings.errorStatuses[statusCode] ?? statusCode);
		const shape = settings.errorShapes[statusCode];
		if (shape === 'nested') return { error: answer };
		const { errors, message } = envelope.parse(answer);
		return shape === 'detail' ? { detail: errors ?? message } : answer;
	});
	app.setNotFoundHandler(
		async (_request, reply) => await refuse(reply, 404, 'NOT_FOUND', 'No such path.'),
	);
	app.setErrorHandler(async ({ statusCode = 500, message }: FastifyError, _request, reply) => {
		const code = statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR';
		return await refuse(reply, statusCode, code, message);
	});
}

/** Answers 422 with a line for each problem, in the shape COMFY reads. */
export async function refuseInput(
	reply: FastifyReply,
	place: string,
	issues: z.ZodIssue[],
): Promise<FastifyReply> {
	const errors = issues.map((issue) => ({
		loc: [place, ...issue.path],
		msg: issue.message,
		type: issue.code,
	}));
	return await refuse(reply, 422, 'VALIDATION_ERROR', 'Request validation failed.', errors);
}

const codes: Readonly<Record<number, string>> = {
	402: 'INSUFFICIENT_CREDIT',
	403: 'PERMISSION_DENIED',
	409: 'CONFLICT',
	429: 'RATE_LIMITED',
	503: 'MODEL_UNAVAILABLE',
};

/** Refuses a request as a rule says; `retryAfter` is in seconds. */
export async function misbehave(
	reply: FastifyReply,
	{ status, retryAfter }: { status: number; retryAfter?: number },
): Promise<FastifyReply> {
	if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
	return await refuse(reply, status, codes[status] ?? 'ERROR', 'Refused on demand.');
}

/** Drops the connection without an answer. */
export function drop(reply: FastifyReply): FastifyReply {
	reply.hijack();
	reply.raw.destroy();
	return reply;
}
