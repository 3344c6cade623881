import type { FastifyInstance } from 'fastify';
import { z } from 'zod/v3';

import { largestAssetBytes } from '../../runflow/assets';
import { refuse, refuseInput } from '../answers';
import type { SimulatorState } from '../state';

const announcementSchema = z
	.object({
		filename: z.string().min(1).max(500),
		mime_type: z.string().min(1).max(255),
		size_bytes: z.number().int().min(1).max(largestAssetBytes),
	})
	.strict();

const confirmationSchema = z.object({ folder_id: z.string().uuid().nullable().default(null) });

/** Uploads in three steps (UPLOAD): announce, send to a presigned URL that accepts no key, confirm. */
export function assetRoutes(
	app: FastifyInstance,
	{ assets, settings, urls }: SimulatorState,
): void {
	app.addContentTypeParser(
		/^image\//,
		{ parseAs: 'buffer', bodyLimit: largestAssetBytes },
		(_request, body, done) => done(null, body),
	);

	app.post('/v1/asset-uploads', async (request, reply) => {
		const announced = announcementSchema.safeParse(request.body);
		if (!announced.success) return await refuseInput(reply, 'body', announced.error.issues);
		const { filename: fileName, mime_type: mimeType, size_bytes: size } = announced.data;
		const { id } = assets.announce({ fileName, mimeType, size });
		const upload_url = urls.sign(`/uploads/${id}`);
		return await reply.code(settings.announcedStatus).send({ asset_id: id, upload_url });
	});

	app.put<{ Params: { id: string }; Body: Buffer }>('/uploads/:id', async (request, reply) => {
		const asset = assets.find(request.params.id);
		const { body, headers, url } = request;
		if (!asset || headers.authorization !== undefined)
			return await reply.code(400).send('<Error/>');
		const isAnnounced = headers['content-type'] === asset.mimeType && body.length === asset.size;
		if (!isAnnounced || !urls.isValid(url)) return await reply.code(403).send('<Error/>');
		asset.bytes = body;
		return await reply.code(200).send();
	});

	app.post<{ Params: { id: string } }>(
		'/v1/asset-uploads/:id/confirmations',
		async (request, reply) => {
			const asset = assets.find(request.params.id);
			if (!asset?.bytes) return await refuse(reply, 404, 'ASSET_NOT_FOUND', 'No such upload.');
			const confirmation = confirmationSchema.strict().safeParse(request.body ?? {});
			if (!confirmation.success) {
				return await refuseInput(reply, 'body', confirmation.error.issues);
			}
			asset.folderId = confirmation.data.folder_id;
			asset.confirmed = true;
			const { url, ...rest } = assets.view(asset);
			return await reply.code(201).send({ ...rest, ...(settings.confirmsWithUrl && { url }) });
		},
	);

	app.get<{ Params: { id: string } }>('/v1/assets/:id', async (request, reply) => {
		const asset = assets.find(request.params.id);
		if (!asset?.confirmed) return await refuse(reply, 404, 'ASSET_NOT_FOUND', 'No such asset.');
		return assets.view(asset);
	});

	app.get<{ Params: { id: string } }>('/assets/:id', async (request, reply) => {
		const asset = assets.find(request.params.id);
		if (!asset?.bytes) return await reply.code(404).send('<Error/>');
		if (!urls.isValid(request.url)) return await reply.code(403).send('<Error/>');
		return await reply.type(asset.mimeType).send(asset.bytes);
	});
}
