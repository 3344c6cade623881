import { createHmac, randomBytes } from 'node:crypto';

import type { Settings } from './options';

const longestLifetimeMs = 259_200_000;

/** Presigned URLs as an object store makes them: each signed at its own moment, for one path only. */
export class SignedUrls {
	private readonly secret = randomBytes(32);

	private readonly signed = new Map<string, string>();

	constructor(
		private readonly settings: Settings,
		private readonly baseUrl: () => string,
	) {}

	/** A URL for a path, different each time unless the settings say otherwise. */
	sign(path: string): string {
		const { signsAssetsAnew, signsRunsAnew } = this.settings;
		const isAnew = isOfAsset(path) ? signsAssetsAnew : signsRunsAnew;
		const url = (isAnew ? undefined : this.signed.get(path)) ?? this.signAnew(path);
		this.signed.set(path, url);
		return url;
	}

	private signAnew(path: string): string {
		const nonce = randomBytes(8).toString('hex');
		const query = new URLSearchParams({
			'X-Amz-Date': String(Date.now()),
			'X-Amz-Expires': String(this.lifetimeMs(path) / 1000),
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
		return Date.now() - Number(searchParams.get('X-Amz-Date')) <= this.lifetimeMs(pathname);
	}

	private lifetimeMs(path: string): number {
		const { assetLifetime, urlLifetime } = this.settings;
		return (isOfAsset(path) ? assetLifetime : null) ?? urlLifetime ?? longestLifetimeMs;
	}

	private signatureOf(path: string, query: URLSearchParams): string {
		return createHmac('sha256', this.secret).update(`${path}?${query}`).digest('hex');
	}
}

function isOfAsset(path: string): boolean {
	return path.startsWith('/assets/');
}
