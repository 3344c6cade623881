import { NotTried } from './notTried';
import { z } from 'zod/v3';

import type { Answer } from './wire';
import { halfMask, pictureToEdit } from './pictures';
import type { Stage } from './stage';

const files = { image: pictureToEdit, mask: halfMask };
const mimeType = 'image/png';

/** The three steps of an upload (UPLOAD), as far as it came. */
export interface UploadSteps {
	announced: Answer;
	assetId: string | null;
	/** The status with which the storage answered; null where nothing could be sent. */
	sentStatus: number | null;
	confirmed: Answer | null;
	/** The URL in the confirmation. */
	url: string | null;
}

const announcedSchema = z.object({ asset_id: z.string(), upload_url: z.string() });
const urlSchema = z.object({ url: z.string() });

/** Uploads a file, once for all checks, in raw requests; never throws for what is answered. */
export async function upload(stage: Stage, name: keyof typeof files): Promise<UploadSteps> {
	return await stage.once(`upload ${name}`, async () => {
		const api = stage.api.under(`upload-${name}`);
		const bytes = await files[name]();
		const announced = await api.post('/v1/asset-uploads', {
			filename: `live-check-${name}.png`,
			mime_type: mimeType,
			size_bytes: bytes.length,
		});
		const { data } = announcedSchema.safeParse(announced.body);
		const none = { announced, assetId: null, sentStatus: null, confirmed: null, url: null };
		if (data === undefined) return none;
		const { asset_id: assetId, upload_url } = data;
		const headers = { 'content-type': mimeType };
		const sent = await api.file(upload_url, {
			method: 'PUT',
			headers,
			body: new Uint8Array(bytes),
		});
		const path = `/v1/asset-uploads/${encodeURIComponent(assetId)}/confirmations`;
		const confirmed = await api.post(path, { folder_id: null });
		const url = urlSchema.safeParse(confirmed.body).data?.url ?? null;
		return { announced, assetId, sentStatus: sent.status, confirmed, url };
	});
}

/** An uploaded file's id and a URL of it. Throws NotTried where there is none. */
export async function uploaded(
	stage: Stage,
	name: keyof typeof files,
): Promise<{ assetId: string; url: string }> {
	const { assetId, url } = await upload(stage, name);
	if (assetId === null) throw new NotTried('no file could be uploaded');
	return { assetId, url: url ?? (await assetUrl(stage, assetId)) };
}

/** The URL of an asset as `GET /v1/assets/{id}` has it (UPLOAD). Throws NotTried where there is none. */
export async function assetUrl(stage: Stage, assetId: string): Promise<string> {
	const path = `/v1/assets/${encodeURIComponent(assetId)}`;
	const { body, status } = await stage.api.under('asset').get(path);
	const url = urlSchema.safeParse(body).data?.url;
	if (url === undefined) throw new NotTried(`GET /v1/assets/{id} answered ${status} without a URL`);
	return url;
}
