import Fastify, { type FastifyInstance } from 'fastify';
import type { z } from 'zod/v3';

import { answerInEnvelopes, drop, misbehave } from './answers';
import { AssetStore, type SimulatedAsset } from './assets';
import { Callbacks, type Delivery } from './callbacks';
import { InputImages } from './inputImages';
import { Misbehaviour, settingsSchema, type ruleSchema, type Settings } from './options';
import { accountRoutes } from './routes/account';
import { assetRoutes } from './routes/assets';
import { controlRoutes } from './routes/control';
import { fileRoutes } from './routes/files';
import { modelRoutes } from './routes/models';
import { openAiRoutes } from './routes/openAi';
import { runRoutes } from './routes/runs';
import { SignedUrls } from './signedUrls';
import type { SimulatorState } from './state';
import { RunStore, type SimulatedRun } from './store';
import { storedInput } from './storedInput';

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

/** A simulated Runflow that nothing listens for: requests are injected into `app`. */
export interface UnboundSimulator extends SimulatorState {
	app: FastifyInstance;
}

/** Builds a simulated Runflow whose files have URLs that begin as `baseUrl` returns it. */
export function buildSimulator(
	options: z.input<typeof settingsSchema>,
	baseUrl: () => string,
): UnboundSimulator {
	const settings = settingsSchema.parse(options);
	const misbehaviour = new Misbehaviour();
	const requests: Record<string, number> = {};
	const urls = new SignedUrls(settings, baseUrl);
	const assets = new AssetStore(urls);
	const inputImages = new InputImages(settings, assets, urls, (id) => store.find(id));
	const store: RunStore = new RunStore(settings, misbehaviour, {
		fileUrl: ({ id, request }, index) =>
			urls.sign(`/files/${id}/${index}/result.${request.input.output_format}`),
		thumbnail: async (input) => await inputImages.thumbnailOf(input),
		masked: async (input) => await inputImages.maskedOf(input),
		shownInput: async (input) => storedInput(await inputImages.asShown(input), settings),
		areReadable: (input) => inputImages.areReadable(input),
	});

	const app = Fastify({ forceCloseConnections: true, bodyLimit: 16 * 1024 * 1024 });
	let received = 0;
	app.addHook('onRequest', async (request, reply) => {
		const { url: path = 'unknown' } = request.routeOptions;
		const route = `${request.method} ${path}`;
		requests[route] = (requests[route] ?? 0) + 1;
		if (settings.isGone) return drop(reply);
		if (!path.startsWith('/v1/')) return;
		received += 1;
		const { refuseEvery } = settings;
		if (refuseEvery !== null && received % refuseEvery === 0) {
			return await misbehave(reply, { status: 429 });
		}
	});
	const callbacks = new Callbacks(settings, misbehaviour, store);
	const state: SimulatorState = {
		settings,
		misbehaviour,
		store,
		callbacks,
		assets,
		urls,
		requests,
	};
	answerInEnvelopes(app, settings);
	assetRoutes(app, state);
	accountRoutes(app, state);
	modelRoutes(app, state);
	openAiRoutes(app, state);
	runRoutes(app, state);
	fileRoutes(app, state);
	controlRoutes(app, state);
	return { app, ...state };
}

/** Starts a simulated Runflow on 127.0.0.1, on any free port unless one is given. */
export async function startSimulator(
	options: z.input<typeof settingsSchema> = {},
	port = 0,
): Promise<Simulator> {
	let url = '';
	const simulator = buildSimulator(options, () => url);
	const { app, assets, callbacks, misbehaviour, requests, settings, store } = simulator;
	url = await app.listen({ host: '127.0.0.1', port });

	return {
		url,
		runs: store.runs,
		settings,
		requests,
		deliveries: callbacks.deliveries,
		assets: assets.assets,
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
