import { Caller } from './caller';
import { jsonOrText, receive } from './receive';
import type { Records } from './records';
import type { Answer, Call, ReceivedFile } from './wire';

/** The API that is tried, and the key for it. */
export interface Account {
	/** Without `/v1`. */
	baseUrl: string;
	apiKey: string;
	/** Sent as `X-Organization-Id`; null for the key's own. */
	organizationId: string | null;
}

const usualTimeoutMs = 60_000;

/** Sends requests with the account's key, counts them and writes them down. */
export class LiveApi {
	/** How many requests were sent, files included. */
	requests = 0;

	/** The headers about rate limits that any answer had. */
	readonly rateHeaders = new Set<string>();

	constructor(
		readonly account: Account,
		readonly records: Records,
	) {}

	/** What sends requests that are written down under this name. */
	under(name: string): Caller {
		return new Caller(this, name);
	}

	/** Sends a request to the API. Throws RunflowConnectionError where no answer arrives. */
	async call(name: string, call: Call): Promise<Answer> {
		const { apiKey, baseUrl, organizationId } = this.account;
		const { body, method, path, query = {}, timeoutMs = usualTimeoutMs } = call;
		const url = new URL(`${baseUrl}${path}`);
		for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
		const headers: Record<string, string> = {
			authorization: `Bearer ${call.apiKey ?? apiKey}`,
			...(organizationId !== null && { 'x-organization-id': organizationId }),
			...(body && { 'content-type': 'application/json' }),
			...call.headers,
		};
		const began = performance.now();
		const { bytes, ...received } = await this.fetch(url.href, {
			method,
			headers,
			body: body && JSON.stringify(body),
			redirect: 'manual',
			signal: AbortSignal.timeout(timeoutMs),
		});
		const milliseconds = Math.round(performance.now() - began);
		const answer = { ...received, body: jsonOrText(bytes.toString()), milliseconds };
		for (const header of Object.keys(answer.headers)) {
			if (/rate-?limit|retry-after/i.test(header)) this.rateHeaders.add(header);
		}
		const request = { method, path: `${url.pathname}${url.search}`, headers, body };
		this.records.add(name, { request, answer });
		return answer;
	}

	/** Gets or sends a file, without the key. Throws RunflowConnectionError where no answer arrives. */
	async file(name: string, url: string, init: RequestInit = {}): Promise<ReceivedFile> {
		const { bytes, headers, status } = await this.fetch(url, {
			signal: AbortSignal.timeout(usualTimeoutMs),
			...init,
		});
		const contentType = headers['content-type'] ?? null;
		const request = { method: init.method ?? 'GET', url };
		this.records.add(name, { request, answer: { status, headers, bytes: bytes.length } });
		return { status, headers, contentType, bytes };
	}

	private async fetch(url: string, init: RequestInit) {
		this.requests += 1;
		return await receive(url, init);
	}
}
