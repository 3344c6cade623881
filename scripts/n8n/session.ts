import { setTimeout as sleep } from 'node:timers/promises';

import type { IDataObject } from 'n8n-workflow';

/** The owner that the demo and the tests log in as. */
export const owner = { email: 'demo@example.com', password: 'Demo-password-1' };

/** What n8n knows a client by; a session is valid for the client that started it. */
export const browserId = 'n8n-nodes-runflow';

/** A session of n8n's owner, in which requests are sent as the editor sends them. */
export class N8nSession {
	/** `cookie` is the session of a client that has logged in, since n8n limits logins to a few a minute. */
	constructor(
		private readonly url: string,
		private cookie = '',
	) {}

	/** The session's cookie, valid for requests that have `browserId` in their header 'browser-id'. */
	get session(): string {
		return this.cookie;
	}

	/** Sets up the owner on a new n8n, and logs in. */
	async login(): Promise<void> {
		await this.untilRouted();
		await this.send('POST', '/rest/owner/setup', {
			...owner,
			firstName: 'Demo',
			lastName: 'Owner',
		}).catch(() => undefined);
		await this.send('POST', '/rest/login', {
			emailOrLdapLoginId: owner.email,
			password: owner.password,
		});
	}

	/** Waits until n8n's API answers: n8n 1 calls itself ready before. Throws if that takes longer than 30 seconds. */
	private async untilRouted(): Promise<void> {
		const deadline = Date.now() + 30_000;
		for (;;) {
			const { status } = await fetch(`${this.url}/rest/settings`);
			if (status !== 404) return;
			if (Date.now() > deadline) throw new Error("n8n's API doesn't answer");
			await sleep(100);
		}
	}

	/** Sends a request as the editor does, and returns the `data` of the answer. Throws if the status isn't 2xx. */
	async send<T = IDataObject>(method: string, path: string, body?: object): Promise<T> {
		const deadline = Date.now() + 60_000;
		let { answer, text } = await this.sendOnce(method, path, body);
		// An n8n that is busy for seconds takes its database for lost, and does nothing it is asked for until it has looked again.
		while (text.includes('Database is not ready') && Date.now() < deadline) {
			await sleep(500);
			({ answer, text } = await this.sendOnce(method, path, body));
		}
		if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
		return text === '' ? ({} as T) : (JSON.parse(text) as { data: T }).data;
	}

	private async sendOnce(method: string, path: string, body?: object) {
		const answer = await fetch(`${this.url}${path}`, {
			method,
			headers: {
				'content-type': 'application/json',
				'browser-id': browserId,
				cookie: this.cookie,
				// A busy n8n closes connections that are kept for the next request just when that is sent.
				connection: 'close',
			},
			...(body && { body: JSON.stringify(body) }),
		});
		const [cookie] = answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
		if (cookie) this.cookie = cookie;
		return { answer, text: await answer.text() };
	}

	/** Downloads bytes as the editor does. */
	async download(path: string): Promise<Buffer> {
		const answer = await fetch(`${this.url}${path}`, {
			headers: { 'browser-id': browserId, cookie: this.cookie },
		});
		if (!answer.ok) throw new Error(`GET ${path}: ${answer.status}`);
		return Buffer.from(await answer.arrayBuffer());
	}
}
