import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Receiver } from '../../../scripts/live/receiver';
import { Records } from '../../../scripts/live/records';

let receiver: Receiver;
let records: Records;
let publicUrl: URL;
beforeEach(async () => {
	records = new Records(new Map());
	receiver = await Receiver.listen(0, (port) => `http://127.0.0.1:${port}/callback`, records);
	publicUrl = new URL(receiver.publicUrl);
});
afterEach(async () => await receiver.close());

const open = () => connect(Number(publicUrl.port), '127.0.0.1');

/** A server that answers like this, beside a receiver whose public URL leads there. */
async function elsewhere(answer: Parameters<typeof createServer>[1]): Promise<{
	server: Server;
	receiver: Receiver;
}> {
	const server = createServer(answer);
	await once(server.listen(0), 'listening');
	const { port } = server.address() as AddressInfo;
	const misled = await Receiver.listen(0, () => `http://127.0.0.1:${port}/x`, records);
	return { server, receiver: misled };
}

describe('the receiver of callbacks', () => {
	it('answers a request that it cannot read with 400, and goes on', async () => {
		const socket = open();
		socket.write('GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
		const [answer] = (await once(socket, 'data')) as [Buffer];
		expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
		expect(await receiver.isReached()).toBe(true);
	});

	it('goes on after a request that broke off', async () => {
		const socket = open();
		await once(socket, 'connect');
		socket.write(
			'POST /callback?live=accepts HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc',
		);
		await sleep(50);
		socket.resetAndDestroy();
		await sleep(50);
		expect(await receiver.isReached()).toBe(true);
	});

	it('takes no request for a callback that asks for nothing it knows', async () => {
		const { status } = await fetch(publicUrl, { method: 'POST', body: '{"run_id":"1"}' });
		expect(status).toBe(404);
		expect(records.names()).toEqual([]);
	});

	it('notes a callback, whatever is in it', async () => {
		const answer = await fetch(receiver.urlFor('fails-once'), { method: 'POST', body: 'text' });
		expect(answer.status).toBe(500);
		expect(records.names()).toEqual(['callbacks']);
	});

	it('is reached by its own ping alone', async () => {
		const { receiver: misled, server } = await elsewhere((_request, response) => {
			response.writeHead(204).end();
		});
		expect(await misled.isReached()).toBe(false);
		await misled.close();
		server.close();
	});

	it('does not wait forever for its ping', async () => {
		const { receiver: misled, server } = await elsewhere(() => {});
		expect(await misled.isReached(100)).toBe(false);
		await misled.close();
		server.closeAllConnections();
		server.close();
	});

	it('is reached by a URL with a user and a password', async () => {
		const named = await Receiver.listen(0, (port) => `http://me:it@127.0.0.1:${port}/x`, records);
		expect(await named.isReached()).toBe(true);
		await named.close();
	});
});
