import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

import { drop } from '../answers';
import type { SimulatorState } from '../state';

const chunk = Buffer.alloc(64 * 1024, 'runflow');

/** The images at presigned URLs. Like an object store, it refuses a request that also carries a key. */
export function fileRoutes(
	app: FastifyInstance,
	{ misbehaviour, settings, store, urls }: SimulatorState,
): void {
	app.get<{ Params: { id: string; index: string } }>(
		'/files/:id/:index/:name',
		async (request, reply) => {
			const run = store.find(request.params.id);
			const picture = (await run?.pictures)?.[Number(request.params.index)];
			if (!run || !picture || request.headers.authorization !== undefined) {
				return await reply.code(run && picture ? 400 : 404).send('<Error/>');
			}
			if (settings.filesNeedKey) return await reply.code(401).send('<Error/>');
			const { prompt, output_format } = run.request.input;
			const expired = misbehaviour.take('expire-file', prompt) !== null;
			if (expired || !urls.isValid(request.url)) return await reply.code(403).send('<Error/>');
			const slow = misbehaviour.take('slow-file', prompt);
			if (slow !== null) await sleep(slow.milliseconds);
			const generic = misbehaviour.take('octet-stream-file', prompt) !== null;
			reply.type(generic ? 'binary/octet-stream' : `image/${output_format}`);
			const size = Math.max(settings.fileSize ?? 0, picture.length);
			if (request.headers.range === 'bytes=0-0') {
				reply.code(206).header('content-range', `bytes 0-0/${size}`);
				return await reply.send(picture.subarray(0, 1));
			}
			reply.header('content-length', size);
			if (misbehaviour.take('cut-file', prompt)) {
				reply.hijack();
				reply.raw.writeHead(200, {
					'content-type': `image/${output_format}`,
					'content-length': size,
				});
				reply.raw.write(picture.subarray(0, Math.floor(picture.length / 2)), () => drop(reply));
				return reply;
			}
			return await reply.send(Readable.from(padded(picture, size)));
		},
	);
}

/** The picture, followed by padding up to `size` bytes, which image readers ignore. */
function* padded(picture: Buffer, size: number): Generator<Buffer> {
	yield picture;
	for (let left = size - picture.length; left > 0; left -= chunk.length) {
		yield chunk.subarray(0, Math.min(left, chunk.length));
	}
}
