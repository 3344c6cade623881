import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod/v3';

import { editModel, generateModel } from '../../runflow/client';
import { editInputSchema, generateInputSchema, runRequestSchema } from '../../runflow/input';
import { drop, misbehave, refuse, refuseInput } from '../answers';
import type { Settings } from '../options';
import { asCreated } from '../runView';
import type { SimulatorState } from '../state';

const headersSchema = z.object({ 'idempotency-key': z.string().optional() });
const promptSchema = z.object({ input: z.object({ prompt: z.string() }) });

/** `POST /v1/models/…/runs` (SEED), with idempotency keys as BATCH-C describes them. */
export function modelRoutes(app: FastifyInstance, state: SimulatorState): void {
	const { assets, misbehaviour, settings, store } = state;
	const answered = new Map<string, { bodyHash: string; runId: string }>();

	for (const [model, schema] of Object.entries(schemas)) {
		app.post(`/v1/models/${model}/runs`, async (request, reply) => {
			const named = promptSchema.safeParse(request.body);
			const prompt = named.success ? named.data.input.prompt : '';
			const refusal = misbehaviour.take('refuse-create', prompt);
			if (refusal) return await misbehave(reply, refusal);
			if (misbehaviour.take('html', prompt)) return await sendPage(reply);

			const checked = strictly(schema, settings).safeParse(request.body);
			if (!checked.success) return await refuseInput(reply, 'body', checked.error.issues);

			const problems = assets.problemsWith(checked.data.input, settings);
			if (problems.length > 0) return await refuseInput(reply, 'body', problems);
			const kept = settings.keepsDataUris
				? checked.data.input
				: await assets.keepInline(checked.data.input);
			const sent = { ...checked.data, input: kept };

			const key = headersSchema.parse(request.headers)['idempotency-key'];
			const bodyHash = createHash('sha256').update(JSON.stringify(request.body)).digest('hex');
			const known = key === undefined || !settings.idempotency ? undefined : answered.get(key);
			const isOther = known?.bodyHash !== bodyHash && settings.refusesOtherBody;
			if (known && (isOther || settings.replayAnswer === 'conflict')) {
				return await refuse(
					reply,
					409,
					'CONFLICT',
					'This Idempotency-Key was used with another body.',
				);
			}
			const isFull = store.pending().length >= (settings.mostPendingRuns ?? Infinity);
			if (!known && isFull)
				return await refuse(reply, 429, 'RATE_LIMITED', 'Too many runs are pending.');
			if (!known && store.createdWithin(1000) >= (settings.mostCreatesPerSecond ?? Infinity))
				return await refuse(reply, 429, 'RATE_LIMITED', 'Too many runs were created.');

			const run = (known && store.find(known.runId)) ?? store.create(model, sent);
			if (key !== undefined) answered.set(key, { bodyHash, runId: run.id });
			if (!known) await state.callbacks.schedule(run);
			if (misbehaviour.take('drop-create', prompt)) return drop(reply);

			const inline = checked.data.input.sync_mode && settings.syncInline;
			// A timer may fire a little early, and the run must have ended before it is answered.
			if (inline) await sleep(Math.max(0, run.endsAt - Date.now()) + 5);
			const created = asCreated(await store.view(run, inline), settings);
			return await reply.code(settings.createdStatus).send(created);
		});
	}
}

const schemas = { [generateModel]: generateInputSchema, [editModel]: editInputSchema };

/** The documented schema, with no other fields allowed unless the settings say so, and with the server's own limit on images. */
function strictly(
	schema: typeof generateInputSchema | typeof editInputSchema,
	{ acceptsMoreFields, maxImages }: Settings,
) {
	const num_images = schema.shape.num_images.removeDefault().max(maxImages).default(1);
	const documented = schema.extend({ num_images });
	const input = acceptsMoreFields ? documented.passthrough() : documented.strict();
	const { callback_url, client_ref, metadata } = runRequestSchema.shape;
	return runRequestSchema
		.extend({
			input,
			callback_url: orNull(callback_url),
			client_ref: orNull(client_ref),
			metadata: orNull(metadata),
		})
		.strict();
}

/** The same, and null in place of nothing (RUN-C). */
function orNull<T extends z.ZodTypeAny>(schema: z.ZodOptional<T>) {
	return schema.nullable().transform((value): z.output<T> | undefined => value ?? undefined);
}

async function sendPage(reply: FastifyReply): Promise<FastifyReply> {
	return await reply.type('text/html').send('<!doctype html><title>Welcome to the proxy</title>');
}
