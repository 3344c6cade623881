import type { FastifyInstance } from 'fastify';

import { refuseInput } from '../answers';
import { ruleSchema, settingsSchema } from '../options';
import type { SimulatorState } from '../state';

/** What the API doesn't have: `/simulator/…` changes settings and adds rules while the simulator runs. */
export function controlRoutes(
	app: FastifyInstance,
	{ misbehaviour, requests, settings, store }: SimulatorState,
): void {
	app.get('/simulator', async () => ({ settings, runs: store.runs.length, requests }));

	app.post('/simulator/rules', async (request, reply) => {
		const rule = ruleSchema.safeParse(request.body);
		if (!rule.success) return await refuseInput(reply, 'body', rule.error.issues);
		misbehaviour.add(rule.data);
		return rule.data;
	});

	app.delete('/simulator/rules', async () => {
		misbehaviour.clear();
		return {};
	});

	app.patch('/simulator/settings', async (request, reply) => {
		const change = settingsSchema.partial().safeParse(request.body);
		if (!change.success) return await refuseInput(reply, 'body', change.error.issues);
		const given = Object.keys(Object(request.body));
		return Object.assign(
			settings,
			Object.fromEntries(Object.entries(change.data).filter(([name]) => given.includes(name))),
		);
	});
}
