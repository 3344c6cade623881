import { z } from 'zod/v3';

import { isUntrustedCertificate, RunflowConnectionError, RunflowError } from '../../runflow/errors';

/** Codes of connections that failed before a byte of the request was sent. */
const neverSentCodes: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'ERR_INVALID_URL',
]);

/**
 * Codes that Linux also reports for connections in use, so they count only together with a system call that
 * sends nothing.
 */
const routeCodes: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH']);
const sendsNothing: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);

/** An error of the system, or one that n8n or its HTTP client has wrapped around it. */
const failureSchema = z.object({
	code: z.string().nullish().catch(null),
	syscall: z.string().nullish().catch(null),
	errors: z.array(z.unknown()).nullish().catch(null),
	errorResponse: z.unknown(),
	cause: z.unknown(),
});

type Failure = z.infer<typeof failureSchema>;

const deepestWrapping = 5;

/**
 * Throws RunflowConnectionError with the system's code for a failed request. n8n wraps the original error,
 * so the code may be on the error itself, on what it wraps, or nowhere. `wasAccepted` says whether the
 * answer was a 2xx that broke off. An error of this package is rethrown unchanged.
 */
export function throwConnectionError(error: unknown, wasAccepted = false): never {
	if (error instanceof RunflowError) throw error;
	const failures = unwrap(error);
	const code = failures.find((failure) => failure.code)?.code ?? null;
	const neverSent =
		code !== null &&
		(neverSentCodes.has(code) ||
			isUntrustedCertificate(code) ||
			(routeCodes.has(code) && failures.some(neverConnected)));
	throw new RunflowConnectionError(code, neverSent, wasAccepted);
}

/** An error and the errors that it wraps, outermost first. */
function unwrap(error: unknown, depth = 0): Failure[] {
	const failure = failureSchema.safeParse(error);
	if (!failure.success || depth > deepestWrapping) return [];
	const { errorResponse, cause } = failure.data;
	return [failure.data, ...unwrap(errorResponse, depth + 1), ...unwrap(cause, depth + 1)];
}

/** Whether connecting itself failed; if there were several addresses, for each of them. */
function neverConnected({ syscall, errors }: Failure): boolean {
	if (sendsNothing.has(syscall)) return true;
	const attempts = (errors ?? []).flatMap((attempt) => unwrap(attempt).slice(0, 1));
	return attempts.length > 0 && attempts.every((attempt) => sendsNothing.has(attempt.syscall));
}
