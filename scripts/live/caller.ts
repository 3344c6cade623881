import { setTimeout as sleep } from 'node:timers/promises';

import { RunflowClient } from '../../runflow/client';
import type { Send } from '../../runflow/request';
import { mayHaveBeenAccepted, parseRetryAfter } from '../../runflow/retry';
import { NotTried } from './notTried';
import type { Answer, Call, ReceivedFile, Wire } from './wire';

/** How often a request is tried that is refused for the moment; the first pause, which doubles; and the longest. */
const mostTries = 4;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** Whether a create that was answered with this status may have made a run. */
export const mayHaveMadeRun = (status: number): boolean => status < 300 || status >= 500;

const pause = async (milliseconds: number, signal?: AbortSignal) =>
	await sleep(milliseconds, undefined, { signal });

/** Sends requests that are written down under one name. */
export class Caller {
	/** The package's own client, with memories of its own. */
	readonly client: RunflowClient;

	constructor(
		private readonly api: Wire,
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

	/** Reads something. Throws NotTried where that is refused for the moment again and again. */
	async get(path: string, query?: Record<string, string | number>): Promise<Answer> {
		return await this.repeated({ method: 'GET', path, query });
	}

	/** Posts what costs nothing. Throws NotTried where that is refused for the moment again and again. */
	async post(path: string, body?: object): Promise<Answer> {
		return await this.repeated({ method: 'POST', path, body });
	}

	/**
	 * Sends a create, and again only after a 429, because then no run was made. Returns the last answer,
	 * whatever it is.
	 */
	async create(path: string, body: object, headers?: Record<string, string>): Promise<Answer> {
		const call = { method: 'POST', path, body, headers };
		return await patiently(
			async () => await this.call(call),
			({ status }) => status === 429,
		);
	}

	/** Gets or sends a file. Returns the last answer, whatever it is. */
	async file(url: string, init?: RequestInit): Promise<ReceivedFile> {
		return await patiently(async () => await this.api.file(this.name, url, init), isBusy);
	}

	private async repeated(call: Call): Promise<Answer> {
		const answer = await patiently(async () => await this.call(call), isBusy);
		if (!isBusy(answer)) return answer;
		throw new NotTried(`it was answered with ${answer.status} again and again`);
	}
}

const isBusy = ({ status }: { status: number }) => status === 429 || status >= 500;

/** Repeats what is refused for the moment, after the pause that the API asks for, or a longer one each time. */
async function patiently<T extends Pick<Answer, 'headers' | 'status'>>(
	send: () => Promise<T>,
	isRefused: (answer: T) => boolean,
): Promise<T> {
	for (let tries = 1; ; tries++) {
		const answer = await send();
		if (!isRefused(answer) || tries === mostTries) return answer;
		const askedMs = parseRetryAfter(answer.headers['retry-after'], Date.now()) ?? 0;
		await pause(Math.min(Math.max(askedMs, firstPauseMs * 2 ** (tries - 1)), longestPauseMs));
	}
}
