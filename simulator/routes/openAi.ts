import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';
import { z } from 'zod/v3';

import { generateInputSchema } from '../../runflow/input';
import { refuseInput } from '../answers';
import type { SimulatorState } from '../state';

const requestSchema = z
	.object({
		model: z.string().min(1),
		prompt: z.string().min(1),
		n: z.number().int().min(1).max(10).default(1),
		quality: z.enum(['low', 'medium', 'high']).default('medium'),
		size: z
			.string()
			.regex(/^\d+x\d+$/)
			.default('1024x1024'),
	})
	.strict();

/**
 * What Runflow doesn't have: images as OpenAI's API answers them, so that the bench can compare n8n's
 * OpenAI node. One request takes as long as a run and answers the images themselves, in base64.
 */
export function openAiRoutes(app: FastifyInstance, { settings, store }: SimulatorState): void {
	app.post('/v1/images/generations', async (request, reply) => {
		const checked = requestSchema.safeParse(request.body);
		if (!checked.success) return await refuseInput(reply, 'body', checked.error.issues);
		const { prompt, quality, size, n } = checked.data;
		const [width = 1024, height = 1024] = size.split('x').map(Number);
		const input = generateInputSchema.parse({ prompt, quality, image_size: { width, height } });

		const [pictures] = await Promise.all([
			Promise.all(Array.from({ length: n }, async (_, index) => await store.draw(input, index))),
			sleep(store.runTimeMs(input)),
		]);
		const data = pictures.map((picture) => ({
			b64_json: padded(picture, settings.fileSize ?? 0).toString('base64'),
		}));
		return { created: Math.floor(Date.now() / 1000), data };
	});
}

function padded(picture: Buffer, size: number): Buffer {
	return Buffer.concat([picture, Buffer.alloc(Math.max(0, size - picture.length), 'runflow')]);
}
