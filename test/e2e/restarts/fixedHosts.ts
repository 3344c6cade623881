import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Fastify, { type FastifyInstance } from 'fastify';
import { generate } from 'selfsigned';

/** Stand-ins for services whose addresses n8n's nodes fix. */
export interface FixedHosts {
	/** The settings of an n8n that finds the stand-ins at those addresses, and nothing else under https. */
	env: Record<string, string>;
	close: () => Promise<void>;
}

/**
 * Starts stand-ins on loopback under the names of these hosts, and a proxy that leads to them. A route says
 * by `constraints: { host }` whose it is. The proxy refuses every other host, so that nothing leaves this
 * machine.
 */
export async function startFixedHosts(
	hosts: readonly string[],
	addRoutes: (app: FastifyInstance) => void,
): Promise<FixedHosts> {
	const { cert, private: key } = await generate([{ name: 'commonName', value: 'stand-in' }], {
		extensions: [
			{ name: 'basicConstraints', cA: true },
			{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) },
		],
	});
	const folder = mkdtempSync(join(tmpdir(), 'stand-in-'));
	const certificate = join(folder, 'certificate.pem');
	writeFileSync(certificate, cert);

	const app = Fastify({ https: { cert, key }, bodyLimit: 16 * 1024 * 1024 });
	addRoutes(app as unknown as FastifyInstance);
	await app.listen({ host: '127.0.0.1', port: 0 });
	const { port } = app.server.address() as AddressInfo;

	const proxy = createServer();
	proxy.on('connect', ({ url }, client) => {
		if (!hosts.includes(url?.replace(/:443$/, '') ?? '')) {
			client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
			return;
		}
		const server = connect(port, '127.0.0.1', () => {
			client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			client.pipe(server).pipe(client);
		});
		server.on('error', () => client.destroy());
		client.on('error', () => server.destroy());
	});
	await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	const { port: proxyPort } = proxy.address() as AddressInfo;
	return {
		env: {
			HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
			NODE_EXTRA_CA_CERTS: certificate,
		},
		close: async () => {
			proxy.close();
			proxy.closeAllConnections();
			await app.close();
			rmSync(folder, { recursive: true });
		},
	};
}
