import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { CountingApi } from './api';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { prompt: `p${number}` } }));
const fast = { options: { pollInterval: 0.1 } };

describe('never pay twice', () => {
	it('finds the run of a create whose answer was lost instead of creating another', async () => {
		const api = new CountingApi((_run, tries) => (tries === 1 ? 'drop' : undefined));
		const { items: out, error } = await runWorkflow(goldenWorkflow('generate', fast), {
			input: items(3),
		});
		expect(error).toBeUndefined();
		expect(out).toHaveLength(3);
		expect(api.runs).toHaveLength(3);
	});

	it('sends a create that never arrived again, with the same key', async () => {
		const keys: string[] = [];
		const api = new CountingApi((run, tries) => {
			keys.push(run.key);
			return tries === 1 ? 'refuse' : undefined;
		});
		const { error } = await runWorkflow(goldenWorkflow('generate', fast), { input: items(1) });
		expect(error).toBeUndefined();
		expect(keys).toHaveLength(2);
		expect(new Set(keys).size).toBe(1);
		expect(api.runs).toHaveLength(1);
	});

	it('creates only what failed when Retry On Fail runs the node again', async () => {
		const api = new CountingApi((run, tries) => {
			if (run.prompt === 'p1' && tries === 1) run.status = 'failed';
		});
		const workflow = goldenWorkflow('generate', fast, {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 0,
		});
		const { items: out, error } = await runWorkflow(workflow, { input: items(3) });
		expect(error).toBeUndefined();
		expect(out.map(({ json }) => json.prompt)).toEqual(['p0', 'p1', 'p2']);
		expect(api.runs.map(({ prompt }) => prompt).sort()).toEqual(['p0', 'p1', 'p1', 'p2']);
		expect(new Set(api.runs.map(({ key }) => key)).size).toBe(4);
		expect(new Set(api.runs.map(({ clientRef }) => clientRef)).size).toBe(4);
	});

	it('creates nothing more once an item has failed, and says how many runs are paid for', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'p0') run.status = 'failed';
		});
		const workflow = goldenWorkflow('generate', { options: { pollInterval: 0.1, concurrency: 2 } });
		const { error } = await runWorkflow(workflow, { input: items(30) });
		expect(error?.message).toBe('Picture 1 of 30 ("p0") was not made: its run failed');
		expect(api.runs.length).toBeLessThan(10);
		expect(error?.description).toMatch(
			new RegExp(`${api.runs.length - 1} other runs? (is|are) paid for or still pending`),
		);
	});

	it('treats a changed prompt as a new request, with a reference never used before', async () => {
		let tries = 0;
		const api = new CountingApi((run) => {
			tries += 1;
			if (tries === 1) run.status = 'failed';
		});
		const workflow = goldenWorkflow(
			'generate',
			{ ...fast, prompt: '={{ $json.prompt + Math.random() }}' },
			{ retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		);
		const { error } = await runWorkflow(workflow, { input: items(1) });
		expect(error).toBeUndefined();
		expect(api.runs).toHaveLength(2);
		expect(new Set(api.runs.map(({ clientRef }) => clientRef)).size).toBe(2);
	});

	it('searches for the run of an unclear create before a second try of the node creates another', async () => {
		const unavailable = nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.times(5)
			.reply(503, {}, { 'retry-after': '0' });
		const api = new CountingApi((_run, tries) => (tries === 1 ? 'drop' : undefined));
		const workflow = goldenWorkflow('generate', fast, {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 0,
		});
		const { error } = await runWorkflow(workflow, { input: items(1) });
		expect(error).toBeUndefined();
		expect(unavailable.isDone()).toBe(true);
		expect(api.runs).toHaveLength(1);
	});

	it('keeps the images of sync mode across tries, because Runflow has no copy', async () => {
		const dataUri = `data:image/png;base64,${Buffer.from('only copy').toString('base64')}`;
		const inline = { ...succeededRun.output, outputs: [{ url: dataUri }] };
		const other = '01970c11-2222-7333-8444-000000000002';
		const api = nock(apiUrl)
			.post(/runs$/, /p0/)
			.reply(201, { ...succeededRun, output: inline })
			.post(/runs$/, /p1/)
			.delay(300)
			.reply(201, { ...queuedRun, id: other, status_code: 'failed' })
			.get(`/v1/runs/${runId}`)
			.reply(200, { ...succeededRun, output: null })
			.get(`/v1/runs/${other}`)
			.reply(200, { ...queuedRun, id: other, status_code: 'failed' })
			.post(/runs$/, /p1/)
			.reply(201, { ...succeededRun, id: other, output: inline });
		const workflow = goldenWorkflow(
			'generate',
			{ syncMode: true },
			{ retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		);
		const { items: out, error } = await runWorkflow(workflow, { input: items(2) });
		expect(error).toBeUndefined();
		expect((await bytesOf(out[0])).toString()).toBe('only copy');
		expect(api.isDone()).toBe(true);
	});
});

describe('nothing is sent before everything is checked', () => {
	const refused = async (parameters: object, input = items(2)) => {
		const { error } = await runWorkflow(goldenWorkflow('generate', { ...parameters }), { input });
		return error?.message;
	};

	it.each([
		[{ prompt: '={{ $json.prompt === "p1" ? " " : "fine" }}' }, 'Row 2 of 2 has no prompt'],
		[{ numImages: 0 }, "'Number of Images' must be at least 1"],
		[{ numImages: 1.5 }, "'Number of Images' must be a whole number"],
		[{ quality: 'ultra' }, "'Quality' must be one of low, medium, high"],
		[{ imageSize: 'custom', width: 1000, height: 1024 }, "'Width' must be a multiple of 16"],
		[{ imageSize: 'custom', width: 1024, height: 3856 }, "'Height' must be at most 3,840 pixels"],
		[
			{ imageSize: 'custom', width: 3840, height: 1264 },
			"'Width' must be at most 3 times the other edge; 3840 × 1264 is narrower",
		],
		[
			{ imageSize: 'custom', width: 512, height: 512 },
			"'Width' must make an image of 655,360 to 8,294,400 pixels in total; 512 × 512 is 262,144",
		],
		[{ options: { additionalInput: 'nonsense' } }, "'Additional Input' must be a JSON object"],
		[
			{ options: { clientRef: 'x'.repeat(256) } },
			"'Client Reference' must be at most 255 characters long",
		],
		[{ options: { concurrency: -1 } }, "'Concurrency' must be at least 0"],
		[{ options: { maxImages: 1 } }, "The items ask for 2 images, and 'Max Images' allows 1"],
		[
			{ numImages: 3, options: { maxImages: 5 } },
			"The items ask for 6 images, and 'Max Images' allows 5",
		],
	])('refuses %j', async (parameters, message) => {
		const api = new CountingApi();
		expect(await refused(parameters)).toContain(message);
		expect(api.runs).toHaveLength(0);
	});

	it('names the item that is wrong, by its row and no second number', async () => {
		const parameters = { prompt: '={{ $json.prompt === "p1" ? "" : "fine" }}' };
		const { error } = await runWorkflow(goldenWorkflow('generate', parameters), {
			input: items(2),
		});
		expect(error?.message).toBe('Row 2 of 2 has no prompt');
		expect(error?.context?.itemIndex).toBeUndefined();
	});

	it('turns wrong items into error rows and creates runs for the others when it continues after errors', async () => {
		const api = new CountingApi();
		const workflow = goldenWorkflow(
			'generate',
			{ ...fast, prompt: '={{ $json.prompt === "p1" ? "" : $json.prompt }}' },
			{ onError: 'continueRegularOutput' },
		);
		const { items: out } = await runWorkflow(workflow, { input: items(3) });
		expect(out.map(({ json }) => json.run_id ?? json.error)).toEqual([
			api.runs[0]?.id,
			'Row 2 of 3 has no prompt',
			api.runs[1]?.id,
		]);
		expect(out.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
	});
});

describe('many items', () => {
	it('keeps the order of the input and has no more runs pending at once than asked for', async () => {
		const api = new CountingApi();
		const workflow = goldenWorkflow('generate', { options: { pollInterval: 0.1, concurrency: 3 } });
		const { items: out } = await runWorkflow(workflow, { input: items(12) });
		expect(out.map(({ json }) => json.prompt)).toEqual(items(12).map(({ json }) => json.prompt));
		expect(api.mostInFlight).toBe(3);
	});
});
