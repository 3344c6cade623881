import { z } from 'zod/v3';

import type { RunRequest } from '../runflow/input';
import type { Settings } from './options';
import type { SignedUrls } from './signedUrls';
import { uuid7 } from './uuid7';

/** One file, `bytes` null until they have arrived. */
export interface SimulatedAsset {
	id: string;
	fileName: string;
	mimeType: string;
	size: number;
	createdAt: number;
	folderId: string | null;
	bytes: Buffer | null;
	confirmed: boolean;
}

type Input = RunRequest['input'];

const assetReference = /^runflow:\/\/assets\/([^/]+)$/;

/** The files that were uploaded, or came within a create as data URIs. */
export class AssetStore {
	readonly assets: SimulatedAsset[] = [];

	constructor(private readonly urls: SignedUrls) {}

	/** Makes room for a file that is to be uploaded. */
	announce(file: Pick<SimulatedAsset, 'fileName' | 'mimeType' | 'size'>): SimulatedAsset {
		const createdAt = Date.now();
		const state = { folderId: null, bytes: null, confirmed: false };
		const asset = { ...file, ...state, id: uuid7(createdAt), createdAt };
		this.assets.push(asset);
		return asset;
	}

	/** The file with that id, null where there is none. */
	find(id: string): SimulatedAsset | null {
		return this.assets.find((asset) => asset.id === id) ?? null;
	}

	/** An asset as its confirmation and `GET /v1/assets/{id}` answer it (UPLOAD, SDK), signed at this moment. */
	view({ id, fileName, mimeType, size, createdAt, folderId }: SimulatedAsset) {
		return {
			id,
			org_id: '0197a3c2-0000-7000-8000-000000000002',
			folder_id: folderId,
			name: fileName,
			r2_key: `uploads/${id}`,
			url: this.urls.sign(`/assets/${id}`),
			thumbnail_url: null,
			asset_type: mimeType.split('/')[0],
			mime_type: mimeType,
			size_bytes: size,
			created_at: new Date(createdAt).toISOString(),
		};
	}

	/** The asset that a model would read under this URL; null if it doesn't belong to this simulator. */
	referencedBy(url: string): SimulatedAsset | null {
		const id = assetReference.exec(url)?.[1] ?? /\/assets\/([^/?]+)\?/.exec(url)?.[1];
		const asset = this.find(id ?? '');
		return asset?.bytes ? asset : null;
	}

	/**
	 * What is wrong with the images of an input: that there is no such asset, or that models don't accept
	 * references, data URIs or uploads (SDK).
	 */
	problemsWith({ image_urls = [], mask_url }: Input, settings: Settings): z.ZodIssue[] {
		const problem = (url: string, ...place: Array<string | number>): z.ZodIssue[] => {
			const message = this.problemWith(url, settings);
			if (message === null) return [];
			return [{ code: z.ZodIssueCode.custom, path: ['input', ...place], message }];
		};
		return [
			...image_urls.flatMap((url, index) => problem(url, 'image_urls', index)),
			...problem(mask_url ?? '', 'mask_url'),
		];
	}

	private problemWith(
		url: string,
		{ acceptsDataUris, acceptsUploads, assetReferences }: Settings,
	): string | null {
		if (assetReference.test(url)) {
			if (!assetReferences) return 'must use HTTP(S) or data URI';
			return this.referencedBy(url) ? null : `asset not found or expired: ${url}`;
		}
		if (/^data:/i.test(url)) return acceptsDataUris ? null : 'must use HTTP(S)';
		return acceptsUploads || !this.referencedBy(url) ? null : 'must not be presigned';
	}

	/** Keeps the data URIs of an input as assets and returns the input with references to them (SDK). */
	async keepInline(input: Input): Promise<Input> {
		const keep = async (url: string) => {
			if (!/^data:/i.test(url)) return url;
			const answer = await fetch(url);
			const bytes = Buffer.from(await answer.arrayBuffer());
			const mimeType = answer.headers.get('content-type') ?? 'application/octet-stream';
			const asset = this.announce({ fileName: 'inline', mimeType, size: bytes.length });
			Object.assign(asset, { bytes, confirmed: true });
			return `runflow://assets/${asset.id}`;
		};
		return await mapImages(input, keep);
	}
}

/** An input with each of its images replaced. */
export async function mapImages(
	input: Input,
	map: (url: string) => Promise<string>,
): Promise<Input> {
	const { image_urls, mask_url } = input;
	return {
		...input,
		...(image_urls && { image_urls: await Promise.all(image_urls.map(map)) }),
		...(mask_url !== undefined && { mask_url: await map(mask_url) }),
	};
}
