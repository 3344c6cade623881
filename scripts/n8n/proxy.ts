import { once } from 'node:events';
import {
	createServer,
	request as send,
	type IncomingMessage,
	type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** What webhook processes answer of an n8n in queue mode; everything else is for the main. */
export const webhookPaths = ['/webhook/', '/webhook-waiting/', '/form/', '/form-waiting/'];

/** The ports behind a proxy, on loopback. */
export interface Targets {
	main: number;
	/** Used in turn; one that nothing listens on is passed over. */
	webhooks: number[];
}

/** A reverse proxy at its URL. */
export interface Proxy {
	url: string;
	close: () => Promise<void>;
}

/** Starts a reverse proxy on loopback, as queue mode needs one; it answers 502 where no target does. */
export async function startProxy({ main, webhooks }: Targets): Promise<Proxy> {
	let turn = 0;
	const server = createServer((request, response) => {
		const isForWebhooks = webhookPaths.some((path) => request.url?.startsWith(path));
		const first = turn++ % Math.max(webhooks.length, 1);
		const inTurn = [...webhooks.slice(first), ...webhooks.slice(0, first)];
		const ports = isForWebhooks && webhooks.length > 0 ? inTurn : [main];
		void forward(request, response, ports).catch(() => response.destroy());
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address ? address.port : 0;
	return {
		url: `http://127.0.0.1:${port}`,
		close: async () => {
			server.close();
			server.closeAllConnections();
			if (server.listening) await once(server, 'close');
		},
	};
}

async function forward(request: IncomingMessage, response: ServerResponse, ports: number[]) {
	const body = await buffer(request);
	const { headers, method, url } = request;
	for (const port of ports) {
		const outgoing = send({ host: '127.0.0.1', port, method, path: url, headers }).end(body);
		const answer = await once(outgoing, 'response').then(
			([incoming]: IncomingMessage[]) => incoming,
			(error: NodeJS.ErrnoException) => error,
		);
		if (answer instanceof Error && answer.code === 'ECONNREFUSED') continue;
		if (answer === undefined || answer instanceof Error) break;
		response.writeHead(answer.statusCode ?? 502, answer.headers);
		return await pipeline(answer, response);
	}
	response.writeHead(502).end();
}
