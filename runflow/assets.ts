import { z } from 'zod';

/** The largest file that the API takes, in bytes (UPLOAD). */
export const largestAsset = 52_428_800;

/** What an upload is announced with (UPLOAD). */
export interface AssetAnnouncement {
	filename: string;
	mime_type: string;
	size_bytes: number;
}

/** The answer to `POST /v1/asset-uploads`: where the bytes go (UPLOAD). */
export const assetUploadSchema = z.object({ asset_id: z.string(), upload_url: z.string() });

/** The answer to a confirmation, as far as it is needed: the signed address of the asset (UPLOAD, ADC). */
export const assetSchema = z.object({ url: z.string() });
