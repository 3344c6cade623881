import { randomUUID } from 'node:crypto';
import {
	createServer,
	type IncomingHttpHeaders,
	type IncomingMessage,
	type Server,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { readCallback } from '../../runflow/callback';
import type { Records } from './records';

/** How the callbacks to a URL are answered: the first with 500 and others well, all with 404, or all well. */
export type Answering = (typeof answerings)[number];

const answerings = ['fails-once', 'refuses', 'accepts'] as const;

/** A callback that arrived, at a moment in milliseconds since 1970. */
export interface Received {
	runId: string | null;
	headers: IncomingHttpHeaders;
	body: Buffer;
	at: number;
	/** The status that it was answered with. */
	status: number;
}

const gapMs = 20;
const pingTimeoutMs = 10_000;

/** No callback is larger; anyone may send something to a public URL. */
const largestBody = 20_000_000;

/** Takes callbacks on a port of this machine, to which a public URL leads. */
export class Receiver {
	private readonly received: Received[] = [];

	/** What the ping of this trial asks for, which nobody else knows. */
	private readonly ping = `ping-${randomUUID()}`;

	private wasPinged = false;

	private constructor(
		private readonly server: Server,
		/** The URL that leads here from outside. */
		readonly publicUrl: string,
		private readonly records: Records,
	) {}

	/** Listens on that port, 0 for any; `publicUrlFor` names the URL that leads to the port it got. */
	static async listen(
		port: number,
		publicUrlFor: (port: number) => string,
		records: Records,
	): Promise<Receiver> {
		const server = createServer();
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject).listen(port, resolve);
		});
		const { port: actual } = server.address() as AddressInfo;
		const receiver = new Receiver(server, publicUrlFor(actual), records);
		server.on('error', () => {});
		server.on('request', (request, response) => {
			// Whatever anyone sends to a public URL, the trial goes on: its runs are paid for.
			response.on('error', () => {});
			receiver.answer(request, response).catch(() => {
				if (!response.headersSent) response.writeHead(400).end();
			});
		});
		return receiver;
	}

	/** The public URL of callbacks that are answered like this. */
	urlFor(answering: Answering): string {
		return this.urlWith(answering);
	}

	/** Whether the public URL leads here: whether a ping that is sent to it arrives in time. */
	async isReached(timeoutMs = pingTimeoutMs): Promise<boolean> {
		const url = new URL(this.urlWith(this.ping));
		const { password, username } = url;
		[url.username, url.password] = ['', ''];
		const login = Buffer.from(
			`${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
		).toString('base64');
		await fetch(url, {
			method: 'POST',
			headers: username === '' ? {} : { authorization: `Basic ${login}` },
			signal: AbortSignal.timeout(timeoutMs),
		}).catch(() => null);
		return this.wasPinged;
	}

	/** The callbacks of a run, once there are `count` of them or `patienceMs` have passed. */
	async callbacksOf(runId: string, count: number, patienceMs: number): Promise<Received[]> {
		const deadline = performance.now() + patienceMs;
		const found = () => this.received.filter((one) => one.runId === runId);
		while (found().length < count && performance.now() < deadline) await sleep(gapMs);
		return found();
	}

	/** Stops listening. */
	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	private urlWith(answering: string): string {
		const url = new URL(this.publicUrl);
		url.searchParams.set('live', answering);
		return url.href;
	}

	/** Answers one request. Throws where it can't be read. */
	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { headers, url } = request;
		const asked = new URL(url ?? '/', 'http://localhost').searchParams.get('live');
		if (asked === this.ping) {
			this.wasPinged = true;
			return void response.writeHead(204).end();
		}
		const answering = answerings.find((known) => known === asked);
		if (answering === undefined) return void response.writeHead(404).end();
		const body = await bodyOf(request);
		const status = this.note(answering, headers, body);
		this.records.add('callbacks', {
			request: { headers, body: readCallback(body)?.run.raw ?? body.toString() },
			answer: { status },
		});
		response.writeHead(status).end();
	}

	/** Notes a callback and returns the status to answer it with. */
	private note(answering: Answering, headers: IncomingHttpHeaders, body: Buffer): number {
		const runId = readCallback(body)?.run.id ?? null;
		const isFirst = !this.received.some((one) => one.runId === runId);
		const failing = answering === 'fails-once' && isFirst ? 500 : 200;
		const status = answering === 'refuses' ? 404 : failing;
		this.received.push({ runId, headers, body, at: Date.now(), status });
		return status;
	}
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request) {
		const bytes = Buffer.from(chunk as Uint8Array);
		length += bytes.length;
		if (length > largestBody) throw new Error('The body is too large.');
		chunks.push(bytes);
	}
	return Buffer.concat(chunks);
}
