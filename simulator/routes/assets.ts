import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { z } from 'zod';

import { largestAssetBytes } from '../../runflow/assets';
import { refuse, refuseInput } from '../answers';
import type { SimulatedAsset, SimulatorState } from '../state';
import { uuid7 } from '../store';

const announcementSchema = z
	.object({
		filename: z.string().min(1).max(500),
		mime_type: z.string().min(1).max(255),
		size_bytes: z.number().int().min(1).max(largestAssetBytes),
	})
	.strict();

/** Uploads in three steps (UPLOAD): announce, send to a presigned URL that accepts no key, confirm. */
export function assetRoutes(app: FastifyInstance, { assets, baseUrl }: SimulatorState): void {
	app.addContentTypeParser(
		/^image\//,
		{ parseAs: 'buffer', bodyLimit: largestAssetBytes },
		(_request, body, done) => done(null, body),
	);

	app.post('/v1/asset-uploads', async (request, reply) => {
		const announced = announcementSchema.safeParse(request.body);
		if (!announced.success) return await refuseInput(reply, 'body', announced.error.issues);
		const { mime_type: mimeType, size_bytes: size } = announced.data;
		const asset: SimulatedAsset = {
			id: uuid7(Date.now()),
			mimeType,
			size,
			bytes: null,
			confirmed: false,
		};
		assets.push(asset);
		const upload_url = `${baseUrl()}/uploads/${asset.id}?X-Amz-Signature=simulated`;
		return await reply.code(201).send({ asset_id: asset.id, upload_url });
	});

	app.put<{ Params: { id: string }; Body: Buffer }>('/uploads/:id', async (request, reply) => {
		const asset = assets.find(({ id }) => id === request.params.id);
		const { body, headers } = request;
		if (!asset || headers.authorization !== undefined)
			return await reply.code(400).send('<Error/>');
		if (headers['content-type'] !== asset.mimeType || body.length !== asset.size) {
			return await reply.code(403).send('<Error/>');
		}
		asset.bytes = body;
		return await reply.code(200).send();
	});

	app.post<{ Params: { id: string } }>(
		'/v1/asset-uploads/:id/confirmations',
		async (request, reply) => {
			const asset = assets.find(({ id }) => id === request.params.id);
			if (!asset?.bytes) return await refuse(reply, 404, 'ASSET_NOT_FOUND', 'No such upload.');
			asset.confirmed = true;
			const { id, mimeType, size } = asset;
			return await reply.code(201).send({
				id,
				name: id,
				url: `${baseUrl()}/assets/${id}?X-Amz-Signature=simulated`,
				mime_type: mimeType,
				size_bytes: size,
				folder_id: null,
			});
		},
	);

	app.get<{ Params: { id: string } }>('/assets/:id', async (request, reply) => {
		const asset = assets.find(({ id }) => id === request.params.id);
		if (!asset?.bytes) return await reply.code(404).send('<Error/>');
		return await reply.type(asset.mimeType).send(asset.bytes);
	});
}

/** A thumbnail of an edit's first input image, to draw on the picture; null if it wasn't uploaded to this simulator. */
export async function thumbnailOf(
	assets: SimulatedAsset[],
	url: string | undefined,
): Promise<Buffer | null> {
	const asset = assets.find(({ id, bytes }) => bytes !== null && url?.includes(`/assets/${id}`));
	if (!asset?.bytes) return null;
	return await sharp(asset.bytes)
		.resize({ width: 240, height: 240, fit: 'inside' })
		.png()
		.toBuffer()
		.catch(() => null);
}
