import type { FastifyInstance } from 'fastify';

import { isTerminal, normalizeStatus, runStatuses } from '../../runflow/status';
import { drop, misbehave, refuse, refuseInput } from '../answers';
import type { Delivery } from '../callbacks';
import { filterOf } from '../filter';
import { cursorOf, listQuerySchemaFor, namePage, project } from '../listQuery';
import type { SimulatorState } from '../state';
import type { SimulatedRun } from '../store';

/** A longer page may be cut. */
const longPage = 200;

/** Reading runs and their callbacks (RUN-G, RUN-L, HIST, REDEL). */
export function runRoutes(
	app: FastifyInstance,
	{ callbacks, misbehaviour, settings, store }: SimulatorState,
): void {
	const viewOf = (delivery: Delivery) => view(delivery, settings.retryGaps.length + 1);

	app.get<{ Params: { id: string } }>('/v1/runs/:id', async (request, reply) => {
		const run = store.find(request.params.id);
		const isUnknown = run === null || Date.now() - run.createdAt < settings.unknownFor;
		if (isUnknown) return await refuse(reply, 404, 'RUN_NOT_FOUND', 'No such run.');
		const { prompt } = run.request.input;
		const refusal = misbehaviour.take('refuse-read', prompt);
		if (refusal) return await misbehave(reply, refusal);
		if (misbehaviour.take('drop-read', prompt)) return drop(reply);
		return await store.view(run);
	});

	/** The answer's shape is unknown (RUNS). */
	app.get('/v1/runs/statuses', async () => {
		const { cancelledAs, moreStatuses } = settings;
		const spelled = runStatuses.map((status) => (status === 'cancelled' ? cancelledAs : status));
		return { items: [...spelled, ...moreStatuses].map((code) => ({ code })) };
	});

	app.get('/v1/runs', async (request, reply) => {
		const query = listQuerySchemaFor(settings).safeParse(request.query);
		if (!query.success) return await refuseInput(reply, 'query', query.error.issues);
		const { fields, limit, pq, q, sort_by } = query.data;
		const filter = filterOf(q, settings);
		if (filter === null)
			return await refuse(reply, 400, 'BAD_FILTER', 'This filter is not understood.');

		const isOldestFirst = sort_by === 'created_at:asc' || !settings.sortsLists;
		const runs = isOldestFirst ? store.runs : [...store.runs].reverse();
		const isListed = ({ createdAt }: SimulatedRun) =>
			Date.now() - createdAt >= settings.unlistedFor;
		const found = runs.filter(isListed).filter((run) =>
			filter({
				status_code: store.statusOf(run),
				client_ref: run.request.client_ref ?? null,
				created_at: new Date(run.createdAt).toISOString(),
			}),
		);
		const start =
			pq === undefined || settings.pagesRepeat
				? 0
				: found.findIndex(({ id }) => cursorOf(id, settings) === pq);
		if (start < 0) return await refuse(reply, 400, 'BAD_CURSOR', 'There is no such page.');
		const { mostOfLongPages, pageSize, refusePagesFrom, unlistedFields } = settings;
		const cutTo = limit > longPage ? mostOfLongPages : null;
		const size = Math.min(limit, pageSize ?? limit, cutTo ?? limit);
		const isRefused = start / size + 1 >= (refusePagesFrom ?? Infinity);
		if (isRefused && !q?.includes('client_ref')) {
			return await refuse(reply, 403, 'PERMISSION_DENIED', 'This list is not for you.');
		}
		const page = found.slice(start, start + size);
		const items = await Promise.all(page.map(async (run) => await store.view(run)));
		const url = new URL(request.url, `http://${request.host}`);
		return {
			[settings.listKey]: items.map((item) => project(item, fields, unlistedFields)),
			first: namePage(found[0]?.id, settings, url),
			[settings.pagingKey]: namePage(
				cutTo === null ? found[start + size]?.id : undefined,
				settings,
				url,
			),
			previous: null,
		};
	});

	app.get<{ Params: { id: string } }>('/v1/runs/:id/callback', async (request, reply) => {
		const run = store.find(request.params.id);
		if (run === null) return await refuse(reply, 404, 'RUN_NOT_FOUND', 'No such run.');
		const listed = callbacks.deliveries.filter(({ runId }) => runId === run.id).map(viewOf);
		return settings.deliveriesAs === 'list' ? listed : { items: listed };
	});

	app.post<{ Params: { id: string } }>(
		'/v1/runs/:id/callback-redeliveries',
		async (request, reply) => {
			const run = store.find(request.params.id);
			if (run === null) return await refuse(reply, 404, 'RUN_NOT_FOUND', 'No such run.');
			const url = run.request.callback_url;
			if (url === undefined || !isTerminal(normalizeStatus(store.statusOf(run)))) {
				return await refuse(
					reply,
					422,
					'CONFLICT',
					'The run has no callback URL or has not ended.',
				);
			}
			const delivery = viewOf(await callbacks.redeliver(run, url));
			return settings.answersRedelivery
				? await reply.code(201).send(delivery)
				: await reply.code(202).send({});
		},
	);
}

/** A delivery as HIST lists it. */
function view(
	{ id, runId, url, payload, isAutomatic, createdAt, attempts }: Delivery,
	mostAttempts: number,
) {
	const last = attempts.at(-1);
	const delivered = last?.status !== null && last !== undefined && last.status < 300;
	return {
		id,
		run_id: runId,
		callback_url: url,
		payload_bytes: String(Buffer.byteLength(payload)),
		payload: JSON.parse(payload) as object,
		is_automatic: isAutomatic,
		status_code: delivered ? 'succeeded' : 'failed',
		attempt_count: attempts.length,
		max_attempts: mostAttempts,
		created_at: new Date(createdAt).toISOString(),
		attempts: attempts.map(({ status, at }, index) => ({
			delivery_id: id,
			attempt_number: index + 1,
			status_code: status,
			created_at: new Date(at).toISOString(),
		})),
	};
}
