import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RunflowClient } from '../../../runflow/client';
import { RunflowError, StoppedError } from '../../../runflow/errors';
import type { EditImages } from '../../../runflow/input';
import { InputRunError, urlsToEdit } from '../../../runflow/inputRun';
import type { Run } from '../../../runflow/run';
import { Slots } from '../../../runflow/slots';
import { throwConnectionError } from '../connectionErrors';
import { TimeOverError, within } from '../deadline';
import { sendFile } from '../files';
import type { BinaryImage } from '../parameters/binaryImage';
import { wholeText } from '../parameters/expressions';
import type {
	EarlierImages,
	InputImage,
	InputImages as ImagesOfItem,
	OwnImage,
} from '../parameters/inputImages';

const uploadSchema = z.object({ url: z.string(), uploadedAt: z.number() });
const uploadsKey = 'uploads';

/** How long the signed URL of an uploaded image is reused; it is said to be short-lived (SDK). */
const uploadLifetimeMs = 1_800_000;

/**
 * How long the URLs of an earlier run are used; they are said to be short-lived (SDK) or valid for a day
 * (ADC).
 */
const readingLifetimeMs = 600_000;

const uploadsAtOnce = 4;

/** How long an upload may take, including repetitions, unless the node's timeout is shorter. */
const longestUploadMs = 600_000;

/** The longest file name that is sent to the API, in characters. */
const longestName = 100;

interface RunReading {
	run: Promise<Run>;
	startedAt: number;
}

/**
 * The images that items edit, as URLs at Runflow. A binary image is uploaded only once, however many items
 * share it, and its URL is stored in the node's context, so that a second try sends the same one. An
 * earlier run is read once for all items that edit its images.
 */
export class InputImages {
	private readonly slots = new Slots(uploadsAtOnce);

	private readonly underway = new Map<string, Promise<string>>();

	private readonly known: Record<string, unknown>;

	private readonly readings = new Map<string, RunReading>();

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly client: RunflowClient,
		private readonly timeoutSeconds: number,
	) {
		const stored = context.getContext('node');
		this.known = z.record(z.unknown()).catch({}).parse(stored[uploadsKey]);
		stored[uploadsKey] = this.known;
	}

	/** Returns the URLs of an item's images, as input for edit. Throws RunflowError. */
	async urlsOf({ images, mask }: ImagesOfItem, signal?: AbortSignal): Promise<EditImages> {
		const urlOf = async (image: OwnImage) =>
			'url' in image ? image.url : await this.uploadedUrl(image, signal);
		const urlsOf = async (image: InputImage) =>
			'runId' in image ? await this.urlsOfRun(image, signal) : [await urlOf(image)];
		const [image_urls, mask_url] = await Promise.all([
			Promise.all(images.map(urlsOf)),
			mask === null ? null : urlOf(mask),
		]);
		return { image_urls: image_urls.flat(), ...(mask_url !== null && { mask_url }) };
	}

	/**
	 * Returns the URLs of an earlier run's images. A run that has not finished is refused, not waited for:
	 * 'Return Immediately' and 'Suspend Until Callback' promise not to occupy a worker, and 'Timeout' applies
	 * to the run that the item starts. Throws InputRunError.
	 */
	private async urlsOfRun(
		{ imageNumber, runId }: EarlierImages,
		signal?: AbortSignal,
	): Promise<string[]> {
		const run = await this.readOnce(runId, signal).catch((cause: unknown) => {
			const isOfRun = cause instanceof RunflowError && !(cause instanceof StoppedError);
			throw isOfRun ? new InputRunError(runId, { kind: 'unreadable', cause }) : cause;
		});
		return urlsToEdit(run, imageNumber);
	}

	private async readOnce(runId: string, signal?: AbortSignal): Promise<Run> {
		const known = this.readings.get(runId);
		const now = Date.now();
		if (known !== undefined && now - known.startedAt < readingLifetimeMs) return await known.run;
		const run = this.client.getRun(runId, signal);
		this.readings.set(runId, { run, startedAt: now });
		return await run;
	}

	private async uploadedUrl(image: BinaryImage, signal?: AbortSignal): Promise<string> {
		const { fingerprint } = image;
		const known = uploadSchema.safeParse(this.known[fingerprint]);
		if (known.success && Date.now() - known.data.uploadedAt < uploadLifetimeMs) {
			return known.data.url;
		}
		const underway = this.underway.get(fingerprint);
		if (underway !== undefined) return await underway;
		const upload = this.slots.use(async () => await this.uploadAndRemember(image, signal));
		this.underway.set(fingerprint, upload);
		return await upload;
	}

	/**
	 * Uploads an image. Afterwards it no longer counts as being uploaded, so that a refused one can be tried
	 * again.
	 */
	private async uploadAndRemember(
		{ binary, fingerprint }: BinaryImage,
		signal?: AbortSignal,
	): Promise<string> {
		const limitMs = Math.min(this.timeoutSeconds * 1000, longestUploadMs);
		const upload = async (stop: AbortSignal) => await this.upload(binary, stop);
		try {
			const url = await within(limitMs, upload, signal).catch((error: unknown) => {
				if (signal?.aborted) throw new StoppedError();
				if (error instanceof TimeOverError) throwConnectionError(error);
				throw error;
			});
			this.known[fingerprint] = { url, uploadedAt: Date.now() };
			return url;
		} finally {
			this.underway.delete(fingerprint);
		}
	}

	private async upload(binary: IBinaryData, signal: AbortSignal): Promise<string> {
		const { getBinaryMetadata, getBinaryStream } = this.context.helpers;
		const { data, id, mimeType } = binary;
		// The size in the item's JSON may be that of the image before it was edited.
		const content = id ? null : Buffer.from(data, 'base64');
		const sizeBytes = id ? (await getBinaryMetadata(id)).fileSize : (content?.length ?? 0);
		const announcement = {
			filename: wholeText((binary.fileName || 'image').slice(-longestName)),
			mime_type: mimeType,
			size_bytes: sizeBytes,
		};
		const read = async () => content ?? (await getBinaryStream(id ?? ''));
		const send = async (uploadUrl: string) => {
			const transfer = { context: this.context, apiBaseUrl: this.client.baseUrl, signal };
			await sendFile(transfer, uploadUrl, { read, mimeType, sizeBytes });
		};
		return await this.client.uploadAsset(announcement, send, signal);
	}
}
