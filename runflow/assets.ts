import { z } from 'zod/v3';

import { requestJson, type Send } from './request';

/** The largest file that the API accepts, in bytes (UPLOAD). */
export const largestAssetBytes = 52_428_800;

/** The code for an upload that the storage refused, because the storage sends no code of its own. */
export const uploadRefused = 'UPLOAD_REFUSED';

/** What the API is told about a file before it is uploaded (UPLOAD). */
export interface AssetAnnouncement {
	filename: string;
	mime_type: string;
	size_bytes: number;
}

const uploadSchema = z.object({ asset_id: z.string(), upload_url: z.string() });

/** The answer to a confirmation, as far as it is needed: the asset's signed URL (UPLOAD, ADC). */
const assetSchema = z.object({ url: z.string() });

/**
 * Uploads a file once (UPLOAD) and returns the URL under which a run can read it: announces it with `POST
 * /v1/asset-uploads`, has `sendBytes` send it to the presigned URL in the answer, and confirms it. Throws
 * RunflowError and whatever `sendBytes` throws.
 */
export async function uploadAsset(
	send: Send,
	announcement: AssetAnnouncement,
	sendBytes: (uploadUrl: string) => Promise<void>,
): Promise<string> {
	const announced = await requestJson(
		send,
		{ method: 'POST', path: '/v1/asset-uploads', body: announcement },
		uploadSchema,
	);
	await sendBytes(announced.upload_url);
	const path = `/v1/asset-uploads/${encodeURIComponent(announced.asset_id)}/confirmations`;
	const confirmed = await requestJson(
		send,
		{ method: 'POST', path, body: { folder_id: null } },
		assetSchema,
	);
	return confirmed.url;
}
