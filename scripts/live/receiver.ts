import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { readCallback } from '../../runflow/callback';
import type { Records } from './records';

/** How the callbacks to a URL are answered: the first with 500 and others well, all with 404, or all well. */
export type Answering = 'fails-once' | 'refuses' | 'accepts';

/** A callback that arrived, at a moment in milliseconds since 1970. */
export interface Received {
	runId: string | null;
	headers: IncomingHttpHeaders;
	body: Buffer;
	at: number;
	/** The status that it was answered with. */
	status: number;
}

const pingPath = 'ping';
const gapMs = 20;

/** Takes callbacks on a port of this machine, to which a public URL leads. */
export class Receiver {
	private readonly received: Received[] = [];

	private constructor(
		private readonly server: Server,
		/** The URL that leads here from outside. */
		readonly publicUrl: string,
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
		const receiver = new Receiver(server, publicUrlFor(actual));
		server.on('request', async (request, response) => {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			const body = Buffer.concat(chunks);
			const answering = new URL(request.url ?? '/', 'http://localhost').searchParams.get('live');
			if (answering === pingPath) return void response.writeHead(204).end();
			const { headers } = request;
			const status = receiver.note(answering, headers, body);
			records.add('callbacks', {
				request: { headers, body: readCallback(body)?.run.raw ?? body.toString() },
				answer: { status },
			});
			response.writeHead(status).end();
		});
		return receiver;
	}

	/** The public URL of callbacks that are answered like this. */
	urlFor(answering: Answering | typeof pingPath): string {
		const url = new URL(this.publicUrl);
		url.searchParams.set('live', answering);
		return url.href;
	}

	/** Whether the public URL leads here, as far as this machine can tell. */
	async isReached(): Promise<boolean> {
		const answer = await fetch(this.urlFor(pingPath), { method: 'POST' }).catch(() => null);
		return answer?.status === 204;
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

	/** Notes a callback and returns the status to answer it with. */
	private note(answering: string | null, headers: IncomingHttpHeaders, body: Buffer): number {
		const runId = readCallback(body)?.run.id ?? null;
		const isFirst = !this.received.some((one) => one.runId === runId);
		const failing = answering === 'fails-once' && isFirst ? 500 : 200;
		const status = answering === 'refuses' ? 404 : failing;
		this.received.push({ runId, headers, body, at: Date.now(), status });
		return status;
	}
}
