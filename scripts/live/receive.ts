import { RunflowConnectionError } from '../../runflow/errors';

/** Codes of connections that were never made. */
const neverMade = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;

/** Sends a request and receives its whole answer. Throws RunflowConnectionError where none arrives. */
export async function receive(url: string, init: RequestInit) {
	try {
		const answer = await fetch(url, init);
		return {
			status: answer.status,
			headers: Object.fromEntries(answer.headers),
			bytes: Buffer.from(await answer.arrayBuffer()),
		};
	} catch (error) {
		const code = codeOf(error);
		throw new RunflowConnectionError(code, neverMade.test(code ?? ''));
	}
}

function codeOf(error: unknown): string | null {
	const { cause, code, name } = Object(error) as Record<string, unknown>;
	if (typeof code === 'string') return code;
	return cause === undefined ? (typeof name === 'string' ? name : null) : codeOf(cause);
}

/** The value that a text is as JSON; the text itself where it is none. */
export function jsonOrText(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
