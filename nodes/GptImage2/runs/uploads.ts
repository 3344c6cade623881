import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RunflowClient } from '../../../runflow/client';
import type { EditImages } from '../../../runflow/input';
import { Slots } from '../../../runflow/slots';
import { sendFile } from '../files';
import { sizeInBytes, type BinaryImage } from '../parameters/binaryImage';
import type { InputImage, InputImages, OwnImage } from '../parameters/inputImages';
import { EarlierRuns, type SentUrls } from './earlierRuns';

const uploadSchema = z.object({ url: z.string(), uploadedAt: z.number() });
const contextKey = 'uploads';

/** How long an uploaded image's signed URL is used again; it is said to be short-lived (SDK). */
const lifetimeMs = 1_800_000;

const uploadsAtOnce = 4;

/**
 * Uploads binary images to Runflow, each only once however many items share it, and remembers their
 * URLs in the node's context, so that a second try sends the same. Images that are at Runflow already
 * are not uploaded.
 */
export class Uploads {
	private readonly slots = new Slots(uploadsAtOnce);

	private readonly underway = new Map<string, Promise<string>>();

	private readonly known: Record<string, unknown>;

	private readonly earlierRuns: EarlierRuns;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly client: RunflowClient,
	) {
		const stored = context.getContext('node');
		this.known = z.record(z.unknown()).catch({}).parse(stored[contextKey]);
		stored[contextKey] = this.known;
		this.earlierRuns = new EarlierRuns(client);
	}

	/**
	 * The URLs of an item's images, as the input of edit has them. What is uploaded, and what an earlier
	 * run made, is noted in `sent`, and an image that `sent` knows keeps its URL however old it is, because
	 * an unclear create has to be repeated to the letter. Throws RunflowError.
	 */
	async urlsOf(
		{ images, mask }: InputImages,
		sent: SentUrls,
		signal?: AbortSignal,
	): Promise<EditImages> {
		const urlOf = async (image: OwnImage) => {
			if ('url' in image) return image.url;
			return (sent[image.fingerprint] ??= await this.urlOf(image));
		};
		const urlsOf = async (image: InputImage) =>
			'runId' in image ? await this.earlierRuns.urlsOf(image, sent, signal) : [await urlOf(image)];
		const [image_urls, mask_url] = await Promise.all([
			Promise.all(images.map(urlsOf)),
			mask === null ? null : urlOf(mask),
		]);
		return { image_urls: image_urls.flat(), ...(mask_url !== null && { mask_url }) };
	}

	private async urlOf(image: BinaryImage): Promise<string> {
		const { fingerprint } = image;
		const known = uploadSchema.safeParse(this.known[fingerprint]);
		if (known.success && Date.now() - known.data.uploadedAt < lifetimeMs) return known.data.url;
		const underway = this.underway.get(fingerprint);
		if (underway !== undefined) return await underway;
		const upload = this.slots.use(async () => await this.uploadAndRemember(image));
		this.underway.set(fingerprint, upload);
		return await upload;
	}

	/** Uploads an image that is then under way no longer, so that a refused one can be tried again. */
	private async uploadAndRemember({ binary, fingerprint }: BinaryImage): Promise<string> {
		try {
			const url = await this.upload(binary);
			this.known[fingerprint] = { url, uploadedAt: Date.now() };
			return url;
		} finally {
			this.underway.delete(fingerprint);
		}
	}

	private async upload(binary: IBinaryData): Promise<string> {
		const { getBinaryMetadata, getBinaryStream } = this.context.helpers;
		const { id, mimeType } = binary;
		const sizeBytes = sizeInBytes(binary) || (id ? (await getBinaryMetadata(id)).fileSize : 0);
		const announcement = {
			filename: binary.fileName ?? 'image',
			mime_type: mimeType,
			size_bytes: sizeBytes,
		};
		return await this.client.uploadAsset(announcement, async (uploadUrl) => {
			const body = id ? await getBinaryStream(id) : Buffer.from(binary.data, 'base64');
			await sendFile(this.context, uploadUrl, { body, mimeType, sizeBytes });
		});
	}
}
