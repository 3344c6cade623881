import { createHash } from 'node:crypto';

import { settingsSchema } from '../../simulator/options';
import { startSimulator, type Simulator } from '../../simulator/simulator';

let simulator: Simulator;
beforeAll(async () => (simulator = await startSimulator()));
beforeEach(() => {
	simulator.behave();
	simulator.runs.length = 0;
	Object.assign(simulator.settings, settingsSchema.parse({ runTime: 0, samePicture: true }));
});
afterAll(async () => await simulator.close());

const post = async (path: string, body: object, key = 'rf_live_test') => {
	const answer = await fetch(`${simulator.url}${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const create = async (prompt: string, input: object = {}) =>
	await post('/v1/models/openai/gpt-image-2/runs', { input: { prompt, ...input } });

const statusOf = async (answer: ReturnType<typeof create>) => (await answer).status;

/** What the pictures of these runs are, each by its hash. */
const picturesOf = async (indexes: number[]) =>
	await Promise.all(
		indexes.map(async (index) => {
			const [picture] = (await simulator.runs[index]?.pictures) ?? [];
			return createHash('sha256')
				.update(picture ?? '')
				.digest('hex');
		}),
	);

describe('the limit of pending runs', () => {
	it('refuses creates above it, and starts no run for them', async () => {
		Object.assign(simulator.settings, { runTime: 60_000, mostPendingRuns: 2 });
		expect(await statusOf(create('one'))).toBe(201);
		expect(await statusOf(create('two'))).toBe(201);
		const third = await create('three');
		expect(third).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
		expect(simulator.runs).toHaveLength(2);
	});

	it('counts no run that has ended', async () => {
		Object.assign(simulator.settings, { mostPendingRuns: 1 });
		expect(await statusOf(create('one'))).toBe(201);
		expect(await statusOf(create('two'))).toBe(201);
	});
});

describe('one picture for all runs', () => {
	it('is the same whatever the prompt, and another in another size', async () => {
		await create('a sign');
		await create('a ship');
		await create('a ship', { image_size: 'square' });
		const [sign, ship, square] = await picturesOf([0, 1, 2]);
		expect(ship).toBe(sign);
		expect(square).not.toBe(ship);
	});

	it('is not what the simulator draws otherwise', async () => {
		simulator.settings.samePicture = false;
		await create('a sign');
		await create('a ship');
		const [sign, ship] = await picturesOf([0, 1]);
		expect(ship).not.toBe(sign);
	});
});

describe("OpenAI's endpoint for images", () => {
	const path = '/v1/images/generations';
	const body = { model: 'gpt-image-1-mini', prompt: 'a sign' };

	it('answers the images in base64, and makes no run at Runflow', async () => {
		const answer = await post(path, { ...body, n: 2 });
		expect(answer.status).toBe(200);
		const images = answer.body.data as Array<{ b64_json: string }>;
		expect(images).toHaveLength(2);
		const bytes = Buffer.from(images[0]?.b64_json ?? '', 'base64');
		expect(bytes.subarray(1, 4).toString()).toBe('PNG');
		expect(simulator.runs).toHaveLength(0);
	});

	it('answers once the time of a run is over, with images of the size that is set', async () => {
		Object.assign(simulator.settings, { runTime: 200, fileSize: 3_000_000 });
		const started = performance.now();
		const { data } = (await post(path, body)).body as { data: Array<{ b64_json: string }> };
		// A timer may fire a little early.
		expect(performance.now() - started).toBeGreaterThan(195);
		expect(Buffer.from(data[0]?.b64_json ?? '', 'base64')).toHaveLength(3_000_000);
	});

	it.each([{ prompt: 'a sign' }, { ...body, n: 11 }, { ...body, input: {} }])(
		'refuses %j',
		async (wrong) => {
			expect((await post(path, wrong)).status).toBe(422);
		},
	);

	it('refuses a key that is none', async () => {
		expect((await post(path, body, 'sk-other')).status).toBe(401);
	});
});
