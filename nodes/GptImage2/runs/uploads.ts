import { sleep, type IBinaryData, type IExecuteFunctions } from 'n8n-workflow';
import pLimit from 'p-limit';
import { z } from 'zod';

import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError } from '../../../runflow/errors';
import type { EditImages } from '../../../runflow/input';
import { retrying } from '../../../runflow/retry';
import { sizeOf, type EditSources, type ImageSource } from '../parameters/inputImages';
import { sendFile } from '../connection';

const uploadSchema = z.object({ url: z.string(), uploadedAt: z.number() });
const contextKey = 'uploads';

/** How long an uploaded image's signed address is used again, in milliseconds; it is said to live shortly. */
const lifetime = 1_800_000;

const uploadsAtOnce = 4;

/**
 * Brings binary images to Runflow, each only once however many items share it, and remembers their addresses in
 * the node's context, so that a second try sends the same.
 */
export class Uploads {
	private readonly slots = pLimit(uploadsAtOnce);

	private readonly underWay = new Map<string, Promise<string>>();

	private readonly known: Record<string, unknown>;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly client: RunflowClient,
	) {
		const stored = context.getContext('node');
		this.known = z.record(z.unknown()).catch({}).parse(stored[contextKey]);
		stored[contextKey] = this.known;
	}

	/**
	 * The addresses of an item's images, as the input of edit has them. With `sameAgain` an address that was used
	 * before comes back however old it is, because an unclear create has to be repeated to the letter.
	 * Throws RunflowError.
	 */
	async addressesOf({ images, mask }: EditSources, sameAgain: boolean): Promise<EditImages> {
		const [image_urls, mask_url] = await Promise.all([
			Promise.all(images.map(async (source) => await this.addressOf(source, sameAgain))),
			mask === null ? null : this.addressOf(mask, sameAgain),
		]);
		return { image_urls, ...(mask_url !== null && { mask_url }) };
	}

	private async addressOf(source: ImageSource, sameAgain: boolean): Promise<string> {
		if ('url' in source) return source.url;
		const { binary, fingerprint } = source;
		const known = uploadSchema.safeParse(this.known[fingerprint]);
		if (known.success && (sameAgain || Date.now() - known.data.uploadedAt < lifetime)) {
			return known.data.url;
		}

		const upload =
			this.underWay.get(fingerprint) ??
			this.slots(async () => await retrying(async () => await this.upload(binary), sleep));
		this.underWay.set(fingerprint, upload);
		const url = await upload;
		this.known[fingerprint] = { url, uploadedAt: Date.now() };
		return url;
	}

	/** Announce, send, confirm (UPLOAD). Costs nothing, so it may be repeated as a whole. */
	private async upload(binary: IBinaryData): Promise<string> {
		const { helpers } = this.context;
		const { id, mimeType } = binary;
		const size = sizeOf(binary) || (id ? (await helpers.getBinaryMetadata(id)).fileSize : 0);
		const { asset_id, upload_url } = await this.client.createUpload({
			filename: binary.fileName ?? 'image',
			mime_type: mimeType,
			size_bytes: size,
		});
		const body = id ? await helpers.getBinaryStream(id) : Buffer.from(binary.data, 'base64');
		const status = await sendFile(this.context, upload_url, { body, mimeType, size });
		if (status < 200 || status > 299) {
			throw new RunflowApiError(status, 'UPLOAD_REFUSED', 'The storage refused the image');
		}
		return (await this.client.confirmUpload(asset_id)).url;
	}
}
