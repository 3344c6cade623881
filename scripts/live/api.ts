import { setTimeout as sleep } from 'node:timers/promises';

import { RunflowClient } from '../../runflow/client';
import { RunflowConnectionError } from '../../runflow/errors';
import type { Send } from '../../runflow/request';
import { mayHaveBeenAccepted } from '../../runflow/retry';
import { NotTried } from './notTried';
import type { Records } from './records';

/** The API that is tried, and the key for it. */
export interface Account {
	/** Without `/v1`. */
	baseUrl: string;
	apiKey: string;
	/** Sent as `X-Organization-Id`; null for the key's own. */
	organizationId: string | null;
}

/** A raw answer; `body` is parsed JSON, or text where it isn't JSON. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: unknown;
	milliseconds: number;
}

/** A file as it arrived. */
export interface ReceivedFile {
	status: number;
	contentType: string | null;
	bytes: Buffer;
}

interface Call {
	method: string;
	path: string;
	query?: Record<string, string | number>;
	headers?: Record<string, string>;
	body?: object;
	/** The key to send in place of the account's. */
	apiKey?: string;
	timeoutMs?: number;
}

const usualTimeoutMs = 60_000;

/** How often a read is tried that is answered with 429 or 5xx, and the first pause, which doubles. */
const mostTries = 4;
const firstPauseMs = 500;

/** Whether a create that was answered with this status may have made a run. */
export const mayHaveMadeRun = (status: number): boolean => status < 300 || status >= 500;

const pause = async (milliseconds: number, signal?: AbortSignal) =>
	await sleep(milliseconds, undefined, { signal });

/** Codes of connections that were never made. */
const neverMade = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;

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
		return { status, contentType, bytes };
	}

	private async fetch(url: string, init: RequestInit) {
		this.requests += 1;
		try {
			const { headers, status, ...answer } = await readAll(url, init);
			return { status, headers: Object.fromEntries(headers), ...answer };
		} catch (error) {
			const code = codeOf(error);
			throw new RunflowConnectionError(code, neverMade.test(code ?? ''));
		}
	}
}

/** Sends requests that are written down under one name. */
export class Caller {
	/** The package's own client, with memories of its own. */
	readonly client: RunflowClient;

	constructor(
		private readonly api: LiveApi,
		private readonly name: string,
	) {
		this.client = new RunflowClient(this.send, pause, api.account.baseUrl);
	}

	/** The same client, which calls `onAgain` before it repeats a create that may have been accepted; what that throws ends it. */
	creating(onAgain: () => void): RunflowClient {
		let isUnclear = false;
		const send: Send = async (request) => {
			if (request.method !== 'POST') return await this.send(request);
			if (isUnclear) onAgain();
			isUnclear = true;
			const answer = await this.send(request).catch((error: unknown) => {
				isUnclear = mayHaveBeenAccepted(error);
				throw error;
			});
			isUnclear = mayHaveMadeRun(answer.httpStatus);
			return answer;
		};
		return new RunflowClient(send, pause, this.api.account.baseUrl);
	}

	/** As `Send` of the package's client. */
	private readonly send: Send = async (request) => {
		const { body, headers, status: httpStatus } = await this.call(request);
		return { httpStatus, headers, body, secrets: [this.api.account.apiKey] };
	};

	async call(call: Call): Promise<Answer> {
		return await this.api.call(this.name, call);
	}

	async get(path: string, query?: Record<string, string | number>): Promise<Answer> {
		return await this.patiently({ method: 'GET', path, query });
	}

	async post(path: string, body?: object, headers?: Record<string, string>): Promise<Answer> {
		return await this.call({ method: 'POST', path, body, headers });
	}

	/** Repeats what was refused for the moment. Throws NotTried where that lasts. */
	private async patiently(call: Call): Promise<Answer> {
		for (let tries = 1; ; tries++) {
			const answer = await this.call(call);
			if (answer.status !== 429 && answer.status < 500) return answer;
			if (tries === mostTries)
				throw new NotTried(`it was answered with ${answer.status} again and again`);
			await sleep(firstPauseMs * 2 ** (tries - 1));
		}
	}

	async file(url: string, init?: RequestInit): Promise<ReceivedFile> {
		return await this.api.file(this.name, url, init);
	}
}

async function readAll(url: string, init: RequestInit) {
	const { headers, status, ...answer } = await fetch(url, init).then(async (received) => ({
		headers: received.headers,
		status: received.status,
		bytes: Buffer.from(await received.arrayBuffer()),
	}));
	return { headers, status, ...answer };
}

function codeOf(error: unknown): string | null {
	const { cause, code, name } = Object(error) as Record<string, unknown>;
	if (typeof code === 'string') return code;
	return cause === undefined ? (typeof name === 'string' ? name : null) : codeOf(cause);
}

function jsonOrText(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
