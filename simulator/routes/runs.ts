import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

import { drop, misbehave, refuse, refuseInput } from '../answers';
import type { SimulatorState } from '../simulator';

const querySchema = z.object({
	limit: z.coerce.number().int().min(1).max(500).default(50),
	q: z.string().optional(),
	sort_by: z.string().optional(),
});

const byClientRef = /^client_ref\.EQ:'(.*)'$/;

/** `GET /v1/runs/{id}` and `GET /v1/runs` (RUN-G, RUN-L; the filter syntax of ADC). */
export function runRoutes(app: FastifyInstance, { misbehaviour, store }: SimulatorState): void {
	app.get<{ Params: { id: string } }>('/v1/runs/:id', async (request, reply) => {
		const run = store.find(request.params.id);
		if (run === null) return await refuse(reply, 404, 'RUN_NOT_FOUND', 'No such run.');
		const { prompt } = run.request.input;
		const refusal = misbehaviour.take('refuse-read', prompt);
		if (refusal) return await misbehave(reply, refusal);
		if (misbehaviour.take('drop-read', prompt)) return drop(reply);
		return await store.view(run);
	});

	app.get('/v1/runs', async (request, reply) => {
		const query = querySchema.safeParse(request.query);
		if (!query.success) return await refuseInput(reply, 'query', query.error.issues);
		const clientRef = byClientRef.exec(query.data.q ?? '')?.[1];
		if (query.data.q !== undefined && clientRef === undefined) {
			return await refuse(reply, 400, 'BAD_FILTER', 'This filter is not understood.');
		}
		const found = store.runs
			.filter((run) => clientRef === undefined || run.request.client_ref === clientRef)
			.reverse()
			.slice(0, query.data.limit);
		const items = await Promise.all(found.map(async (run) => await store.view(run)));
		return { items, first: null, next: null, previous: null };
	});
}
