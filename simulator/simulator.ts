import Fastify from 'fastify';
import type { z } from 'zod';

import { Callbacks, type Delivery } from './callbacks';
import { Misbehaviour, settingsSchema, type ruleSchema, type Settings } from './options';
import { accountRoutes } from './routes/account';
import { assetRoutes, thumbnailOf } from './routes/assets';
import { controlRoutes } from './routes/control';
import { fileRoutes } from './routes/files';
import { modelRoutes } from './routes/models';
import { runRoutes } from './routes/runs';
import type { SimulatedAsset, SimulatorState } from './state';
import { RunStore, type SimulatedRun } from './store';

/** A simulated Runflow that answers on loopback. */
export interface Simulator {
	/** Its base URL, for the credential. */
	url: string;
	/** Every run that exists, oldest first; each would cost money. */
	runs: SimulatedRun[];
	settings: Settings;
	requests: Record<string, number>;
	/** Every callback that was delivered or attempted. */
	deliveries: Delivery[];
	/** Every file that was uploaded or announced. */
	assets: SimulatedAsset[];
	misbehave: (rule: z.input<typeof ruleSchema>) => void;
	/** Forgets rules and counts; runs stay. */
	behave: () => void;
	close: () => Promise<void>;
}

/** Starts a simulated Runflow on 127.0.0.1, on any free port unless one is given. */
export async function startSimulator(
	options: z.input<typeof settingsSchema> = {},
	port = 0,
): Promise<Simulator> {
	const settings = settingsSchema.parse(options);
	const misbehaviour = new Misbehaviour();
	const requests: Record<string, number> = {};
	const assets: SimulatedAsset[] = [];
	let url = '';
	const store = new RunStore(settings, misbehaviour, {
		fileUrl: (run, index) => {
			const name = `result.${run.request.input.output_format}`;
			return `${url}/files/${run.id}/${index}/${name}?X-Amz-Expires=259200&X-Amz-Signature=simulated`;
		},
		thumbnail: async ({ image_urls }) => await thumbnailOf(assets, image_urls?.[0]),
	});

	const app = Fastify({ forceCloseConnections: true, bodyLimit: 16 * 1024 * 1024 });
	app.addHook('onRequest', async (request) => {
		const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
		requests[route] = (requests[route] ?? 0) + 1;
	});
	const callbacks = new Callbacks(settings, misbehaviour, store);
	const state: SimulatorState = {
		settings,
		misbehaviour,
		store,
		callbacks,
		assets,
		baseUrl: () => url,
		requests,
	};
	assetRoutes(app, state);
	accountRoutes(app);
	modelRoutes(app, state);
	runRoutes(app, state);
	fileRoutes(app, state);
	controlRoutes(app, state);
	url = await app.listen({ host: '127.0.0.1', port });

	return {
		url,
		runs: store.runs,
		settings,
		requests,
		deliveries: callbacks.deliveries,
		assets,
		misbehave: (rule) => misbehaviour.add(rule),
		behave: () => {
			misbehaviour.clear();
			for (const route of Object.keys(requests)) delete requests[route];
		},
		close: async () => {
			callbacks.close();
			await app.close();
		},
	};
}
