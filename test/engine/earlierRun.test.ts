import type { INode, INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { failedRun, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/edit/runs';
const earlierId = '01970c11-1111-7333-8444-000000000001';
const earlierPath = `/v1/runs/${earlierId}`;
const files = 'https://files.test';
const locator = (value: string, mode = 'id') => ({ __rl: true, mode, value });

interface Sent {
	key: string;
	body: string;
	clientRef: string;
	input: { prompt: string; image_urls: string[]; mask_url?: string };
}

/**
 * An API with an earlier run of so many images, whose URLs are signed anew at each read. It notes every
 * create, and answers it with what `answer` returns.
 */
function earlierApi(images: number, answer: (sent: Sent) => [number, object] = created) {
	const creates: Sent[] = [];
	let reads = 0;
	nock(apiUrl)
		.persist()
		.get(earlierPath)
		.reply(() => {
			reads += 1;
			const outputs = Array.from({ length: images }, (_, index) => ({
				type: 'image',
				url: `${files}/${index + 1}.png?read=${reads}`,
			}));
			return [200, { ...succeededRun, id: earlierId, output: { outputs } }];
		})
		.post(models)
		.reply(function (_uri, body) {
			const { input, client_ref } = body as unknown as { input: Sent['input']; client_ref: string };
			const key = String(this.req.headers['idempotency-key']);
			const sent = { key, body: JSON.stringify(body), clientRef: client_ref, input };
			creates.push(sent);
			const [status, reply] = answer(sent);
			return [status, reply, { 'retry-after': '0' }];
		});
	return { creates, reads: () => reads };
}

function created({ input, clientRef }: Sent): [number, object] {
	return [201, { ...succeededRun, input, client_ref: clientRef }];
}

const edit = (parameters: INodeParameters = {}, settings: Partial<INode> = {}) =>
	goldenWorkflow(
		'generate',
		{
			operation: 'edit',
			inputSource: 'run',
			inputRunId: locator(earlierId),
			options: { download: false },
			...parameters,
		},
		settings,
	);
const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { prompt: `p${number}` } }));
const urlsOf = (creates: Sent[]) => creates.map(({ input }) => input.image_urls);
const url = (number: number, read = 1) => `${files}/${number}.png?read=${read}`;

describe('edit from an earlier run', () => {
	it.each([
		['all images', {}, [url(1), url(2), url(3)]],
		['the first image', { inputImageNumber: 1 }, [url(1)]],
		['the last image', { inputImageNumber: 3 }, [url(3)]],
	])('sends the fresh URLs of %s and uploads nothing', async (_name, parameters, expected) => {
		const { creates } = earlierApi(3);
		const { items: out, error } = await runWorkflow(edit(parameters), { input: items(1) });
		expect(error).toBeUndefined();
		expect(out[0]?.json.run_id).toBe(runId);
		expect(urlsOf(creates)).toEqual([expected]);
	});

	it.each([
		['chosen from the list', locator(earlierId, 'list')],
		['an expression', locator('={{ $json.run_id }}')],
		['plain text', earlierId],
		['an expression in a plain text field', '={{ $json.run_id }}'],
	])('takes a run ID that is %s', async (_name, inputRunId) => {
		const { creates } = earlierApi(1);
		const { error } = await runWorkflow(edit({ inputRunId }), {
			input: [{ json: { prompt: 'p', run_id: earlierId } }],
		});
		expect(error).toBeUndefined();
		expect(urlsOf(creates)).toEqual([[url(1)]]);
	});

	it('uses a mask beside it', async () => {
		const { creates } = earlierApi(1);
		const options = { download: false, maskUrl: 'https://x.test/m.png' };
		await runWorkflow(edit({ options }), { input: items(1) });
		expect(creates[0]?.input).toMatchObject({
			image_urls: [url(1)],
			mask_url: 'https://x.test/m.png',
		});
	});

	it('reads a run once for all items that edit it', async () => {
		const { creates, reads } = earlierApi(2);
		const { items: out } = await runWorkflow(
			edit({ inputImageNumber: '={{ $itemIndex === 0 ? 0 : 2 }}' }),
			{ input: items(5) },
		);
		expect(out).toHaveLength(5);
		expect(reads()).toBe(1);
		expect(urlsOf(creates)).toEqual([[url(1), url(2)], ...Array<string[]>(4).fill([url(2)])]);
	});

	it('reads it again once its URLs are ten minutes old', async () => {
		const now = Date.now.bind(Date);
		const clock = jest.spyOn(Date, 'now');
		const { creates } = earlierApi(1, (sent) => {
			clock.mockImplementation(() => now() + 11 * 60_000);
			return created(sent);
		});
		const { error } = await runWorkflow(edit({ options: { download: false, concurrency: 1 } }), {
			input: items(3),
		});
		clock.mockRestore();
		expect(error).toBeUndefined();
		expect(urlsOf(creates)).toEqual([[url(1)], [url(1, 2)], [url(1, 2)]]);
	});
});

describe('an edit from an earlier run that is tried again', () => {
	const retried = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };

	it('repeats an unclear create with the very same body, though the URLs would be signed anew', async () => {
		let unclear = 0;
		const { creates, reads } = earlierApi(2, (sent) => {
			unclear += 1;
			return unclear <= 6 ? [503, {}] : created(sent);
		});
		nock(apiUrl).persist().get('/v1/runs').query(true).reply(200, { items: [], next: null });
		const { items: out } = await runWorkflow(
			edit({}, { ...retried, onError: 'continueRegularOutput' }),
			{ input: items(1) },
		);
		expect(out.map(({ json }) => json.status)).toEqual(['succeeded']);
		expect(creates).toHaveLength(7);
		expect(new Set(creates.map(({ body }) => body)).size).toBe(1);
		expect(new Set(creates.map(({ key }) => key)).size).toBe(1);
		expect(reads()).toBe(1);
	});

	it('is not paid for again, whatever the URLs are by then', async () => {
		const { creates } = earlierApi(1, ({ input }) => [201, { ...queuedRun, input }]);
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(401, {});
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, succeededRun);
		const { error } = await runWorkflow(
			edit({ options: { download: false, pollInterval: 0.1 } }, retried),
			{ input: items(1) },
		);
		expect(error).toBeUndefined();
		expect(creates).toHaveLength(1);
	});

	it('sends fresh URLs where the run of the first try failed', async () => {
		let tries = 0;
		const { creates } = earlierApi(1, (sent) => {
			tries += 1;
			return tries === 1 ? [201, { ...failedRun, input: sent.input }] : created(sent);
		});
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, failedRun);
		const { error } = await runWorkflow(edit({}, retried), { input: items(1) });
		expect(error).toBeUndefined();
		expect(urlsOf(creates)).toEqual([[url(1)], [url(1, 2)]]);
		expect(new Set(creates.map(({ key }) => key)).size).toBe(2);
	});

	it.each([
		['another run', { inputRunId: locator('01970c11-1111-7333-8444-000000000002') }],
		['another image of the same run', { inputImageNumber: 2 }],
	])('is another request where it is about %s', async (_name, changed) => {
		const { creates } = earlierApi(2);
		nock(apiUrl)
			.get(/000000000002$/)
			.reply(200, succeededRun);
		const first = await runWorkflow(edit(), { input: items(1) });
		expect(first.error).toBeUndefined();
		await runWorkflow(edit(changed), { input: items(1) });
		const hashes = creates.map(({ clientRef }) => clientRef.split(':')[4]);
		expect(new Set(hashes).size).toBe(2);
	});

	it('after a crash continues with the run that the crashed execution started', async () => {
		const { creates, reads } = earlierApi(1);
		const establishedAt = Date.now();
		await runWorkflow(edit(), { input: items(1), establishedAt, executionId: '17' });
		const [sent] = creates;
		const signedAnew = { ...sent?.input, image_urls: [`${files}/1.png?read=99`] };
		const run = {
			...succeededRun,
			input: signedAnew,
			client_ref: sent?.clientRef,
			created_at: new Date().toISOString(),
		};
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [run], next: null });
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, run);
		const { items: out, error } = await runWorkflow(edit(), {
			input: items(1),
			establishedAt,
			executionId: '18',
			mode: 'retry',
		});
		expect(error).toBeUndefined();
		expect(out.map(({ json }) => json.run_id)).toEqual([runId]);
		expect([creates.length, reads()]).toEqual([1, 1]);
	});

	it("finds the run of a lost create by its input, where the reference is the user's own", async () => {
		let lost = true;
		const { creates } = earlierApi(1, (sent) => {
			if (!lost) return created(sent);
			lost = false;
			return [503, {}];
		});
		const listed = () => ({
			...succeededRun,
			client_ref: 'mine',
			created_at: new Date().toISOString(),
			input: { ...creates[0]?.input, image_urls: [`${files}/1.png?read=99`] },
		});
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(() => [200, { items: [listed()], next: null }]);
		nock(apiUrl)
			.get(`/v1/runs/${runId}`)
			.reply(() => [200, listed()]);
		const options = { download: false, clientRef: 'mine' };
		const { error } = await runWorkflow(edit({ options }), { input: items(1) });
		expect(error).toBeUndefined();
		expect(creates).toHaveLength(1);
	});
});

const ofEarlier = (changes: object) => ({ ...succeededRun, id: earlierId, ...changes });
const named = `'Run ID' names run ${earlierId}`;

describe('an earlier run whose images cannot be edited', () => {
	const cases: Array<[string, [number, object], INodeParameters, string, string]> = [
		[
			'is unknown, or belongs to another organization',
			[404, { code: 'RUN_NOT_FOUND' }],
			{},
			`${named}, which was not found`,
			'Check the ID, and that the Runflow credential belongs to the organization',
		],
		[
			'is queued',
			[200, ofEarlier({ status_code: 'queued', output: null })],
			{},
			`${named}, which is still 'queued'`,
			"'Wait Until Finished'",
		],
		[
			'is running',
			[200, ofEarlier({ status_code: 'running', output: null })],
			{},
			`${named}, which is still 'running'`,
			"'Wait Until Finished'",
		],
		[
			'failed',
			[200, { ...failedRun, id: earlierId }],
			{},
			`${named}, which ended as 'failed' and has no image to edit`,
			'Runflow says: The provider did not answer.',
		],
		[
			'was cancelled',
			[200, ofEarlier({ status_code: 'canceled', output: null })],
			{},
			`${named}, which ended as 'cancelled' and has no image to edit`,
			'Choose a run that succeeded.',
		],
		[
			'was made in sync mode',
			[200, ofEarlier({ output: null, input: { prompt: 'a', sync_mode: true } })],
			{},
			`${named}, which was made in 'Sync Mode', so that Runflow keeps no copy of its images`,
			"choose 'Binary Data' as 'Input Source'",
		],
		[
			'has lost its images',
			[200, ofEarlier({ output: { outputs: [] } })],
			{},
			`${named}, whose images Runflow no longer has`,
			'They have expired, or somebody deleted them.',
		],
		[
			'has fewer images',
			[200, ofEarlier({})],
			{ inputImageNumber: 2 },
			`'Image Number' is 2, and run ${earlierId} has 1 image`,
			'Enter 1, or 0 for all.',
		],
		[
			'may not be read',
			[403, {}],
			{},
			`${named}, which could not be read`,
			'Reading runs needs the scope runs:read.',
		],
	];

	it.each(cases)('because it %s', async (_name, [status, body], parameters, message, advice) => {
		nock(apiUrl).persist().get(earlierPath).reply(status, body);
		const { error } = await runWorkflow(edit(parameters), { input: items(1) });
		expect(error?.message).toBe(message);
		expect(error?.description).toContain(advice);
		expect(error?.description).toContain('nothing is charged');
		expect(error?.description).not.toContain('Retry this execution to continue');
	});

	it.each(cases)(
		'is a sentence for an agent that it %s',
		async (_name, answer, parameters, message) => {
			nock(apiUrl)
				.persist()
				.get(earlierPath)
				.reply(...answer);
			const tool = edit(parameters, { type: 'n8n-nodes-runflow.gptImage2Tool' });
			const { items: out, error } = await runWorkflow(tool, { input: items(1) });
			expect(error).toBeUndefined();
			expect(String(out[0]?.json.error)).toContain(message);
			expect(String(out[0]?.json.error)).not.toContain('Do not call this tool again');
		},
	);

	it('is an error row, and the other items go on, where the node continues on errors', async () => {
		const { creates } = earlierApi(1);
		const unknown = '01970c11-1111-7333-8444-00000000dead';
		const missing = nock(apiUrl).get(`/v1/runs/${unknown}`).reply(404, { code: 'RUN_NOT_FOUND' });
		const workflow = edit(
			{ inputRunId: locator('={{ $json.run_id }}') },
			{ onError: 'continueErrorOutput' },
		);
		const input = [earlierId, unknown, 'x', unknown].map((run_id) => ({
			json: { prompt: 'p', run_id },
		}));
		const { items: out, errorItems } = await runWorkflow(workflow, { input });
		expect(out).toHaveLength(1);
		expect(creates).toHaveLength(1);
		const notFound = `'Run ID' names run ${unknown}, which was not found`;
		expect(errorItems.map(({ json }) => json.error)).toEqual([
			notFound,
			"'Run ID' must be a run ID such as '01970c11-2222-7333-8444-555566667777'",
			notFound,
		]);
		expect(errorItems[0]?.json.details).toMatchObject({ run_id: null, code: 'RUN_NOT_FOUND' });
		expect(missing.isDone()).toBe(true);
	});

	it('is checked before anything is sent as far as that costs no request', async () => {
		const { creates, reads } = earlierApi(1);
		const { error } = await runWorkflow(
			edit({ inputImageNumber: '={{ $itemIndex === 2 ? -1 : 0 }}' }),
			{ input: items(3) },
		);
		expect(error?.message).toBe("'Image Number' must be 1 or more, or 0 for all images");
		expect([creates.length, reads()]).toEqual([0, 0]);
	});
});
