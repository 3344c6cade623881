import { request } from 'node:http';
import { connect as openSocket } from 'node:net';

/** A request as it goes over the wire. */
export interface RawRequest {
	body: Buffer | string;
	headers?: Record<string, string>;
	/** Sends the body in chunks, without its length. */
	chunked?: boolean;
}

/** Sends a POST with exactly these headers, and returns the status of the answer. Rejects after `timeoutMs` without one. */
export async function post(
	url: string,
	{ body, headers, chunked }: RawRequest,
	timeoutMs = 30_000,
): Promise<number> {
	const bytes = Buffer.from(body);
	return await new Promise((resolve, reject) => {
		const length = chunked ? {} : { 'content-length': String(bytes.length) };
		const sent = request(url, { method: 'POST', agent: false, headers: { ...headers, ...length } });
		sent.setTimeout(timeoutMs, () => sent.destroy(new Error('no answer')));
		sent.once('response', (answer) => {
			answer.resume();
			resolve(answer.statusCode ?? 0);
		});
		sent.once('error', reject);
		sent.write(bytes.subarray(0, 10));
		setTimeout(() => sent.end(bytes.subarray(10)), chunked ? 50 : 0);
	});
}

/** Sends a POST with any header lines, wrong ones too, and returns the status of the answer; hangs up after `hangUpMs`, if given. */
export async function postLines(
	url: string,
	lines: string[],
	body: Buffer | string,
	hangUpMs = 30_000,
): Promise<number | 'no answer'> {
	const { hostname, port, pathname, search } = new URL(url);
	return await new Promise((resolve) => {
		const socket = openSocket(Number(port), hostname);
		const timer = setTimeout(() => socket.destroy(), hangUpMs);
		let answer = '';
		socket.on('data', (text) => {
			answer += String(text);
			if (answer.includes('\r\n')) socket.destroy();
		});
		socket.on('error', () => undefined);
		socket.once('close', () => {
			clearTimeout(timer);
			resolve(Number(answer.split(' ')[1]) || 'no answer');
		});
		socket.write(
			[`POST ${pathname}${search} HTTP/1.1`, `Host: ${hostname}`, ...lines, '', ''].join('\r\n'),
		);
		socket.write(body);
	});
}
