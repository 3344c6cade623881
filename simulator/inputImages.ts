import sharp from 'sharp';

import type { RunRequest } from '../runflow/input';
import { mapImages, type AssetStore } from './assets';
import type { Masked } from './masked';
import type { Settings } from './options';
import type { SignedUrls } from './signedUrls';
import type { SimulatedRun } from './store';

type Input = RunRequest['input'];

const fileOfRun = /\/files\/([^/]+)\/(\d+)\//;

/** The images that edits work on, as far as the simulator has them: uploaded files, and what runs made. */
export class InputImages {
	constructor(
		private readonly settings: Settings,
		private readonly assets: AssetStore,
		private readonly urls: SignedUrls,
		private readonly findRun: (id: string) => SimulatedRun | null,
	) {}

	/**
	 * Whether a model could read all images of an input: a presigned URL must not have expired or been
	 * changed. What is elsewhere on the web is not looked at.
	 */
	areReadable({ image_urls = [], mask_url }: Input): boolean {
		const signed = [...image_urls, mask_url ?? ''].filter(
			(url) => this.urls.isOwn(url) && new URL(url).searchParams.has('X-Amz-Signature'),
		);
		return signed.every((url) => this.urls.isValid(url));
	}

	/** An input with its images as a run shows them: presigned URLs signed anew, or uploads by reference (SDK). */
	async asShown(input: Input): Promise<Input> {
		return await mapImages(input, async (url) => {
			const asset = this.settings.showsReferences ? this.assets.referencedBy(url) : null;
			if (asset !== null) return `runflow://assets/${asset.id}`;
			const isKnown = (await this.bytesOf(url)) !== null;
			return this.urls.isOwn(url) && isKnown ? this.urls.sign(new URL(url).pathname) : url;
		});
	}

	/** The first image of an edit, small, to be drawn on the picture; null where it isn't kept here. */
	async thumbnailOf({ image_urls: [first = ''] = [] }: Input): Promise<Buffer | null> {
		const bytes = await this.bytesOf(first);
		if (!bytes) return null;
		return await sharp(bytes)
			.resize({ width: 240, height: 240, fit: 'inside' })
			.png()
			.toBuffer()
			.catch(() => null);
	}

	/** The first image of an edit and its mask; null where either isn't kept here. */
	async maskedOf({ image_urls: [first = ''] = [], mask_url = '' }: Input): Promise<Masked | null> {
		const [image, mask] = await Promise.all([this.bytesOf(first), this.bytesOf(mask_url)]);
		return image && mask && { image, mask };
	}

	private async bytesOf(url: string): Promise<Buffer | null> {
		const [, id = '', index = ''] = (this.urls.isOwn(url) && fileOfRun.exec(url)) || [];
		const pictures = await this.findRun(id)?.pictures;
		return pictures?.[Number(index)] ?? this.assets.referencedBy(url)?.bytes ?? null;
	}
}
