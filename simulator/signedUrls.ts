import { createHmac, randomBytes } from 'node:crypto';

import type { Settings } from './options';

const longestLifetimeMs = 259_200_000;

/** Presigned URLs as an object store makes them: each signed at its own moment, for one path only. */
export class SignedUrls {
	private readonly secret = randomBytes(32);

	constructor(
		private readonly settings: Settings,
		private readonly baseUrl: () => string,
	) {}

	/** A URL for a path, different each time. */
	sign(path: string): string {
		const nonce = randomBytes(8).toString('hex');
		const query = new URLSearchParams({
			'X-Amz-Date': String(Date.now()),
			'X-Amz-Expires': String(this.lifetimeMs / 1000),
			'X-Amz-Nonce': nonce,
		});
		query.set('X-Amz-Signature', this.signatureOf(path, query));
		return `${this.baseUrl()}${path}?${query}`;
	}

	/** Whether a URL leads to this simulator. */
	isOwn(url: string): boolean {
		return URL.canParse(url) && new URL(url).origin === this.baseUrl();
	}

	/** Whether a URL, with or without its origin, was signed here and has not expired. */
	isValid(url: string): boolean {
		const { pathname, searchParams } = new URL(url, this.baseUrl());
		const signature = searchParams.get('X-Amz-Signature');
		searchParams.delete('X-Amz-Signature');
		if (signature !== this.signatureOf(pathname, searchParams)) return false;
		return Date.now() - Number(searchParams.get('X-Amz-Date')) <= this.lifetimeMs;
	}

	private get lifetimeMs(): number {
		return this.settings.urlLifetime ?? longestLifetimeMs;
	}

	private signatureOf(path: string, query: URLSearchParams): string {
		return createHmac('sha256', this.secret).update(`${path}?${query}`).digest('hex');
	}
}
