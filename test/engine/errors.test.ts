import nock from 'nock';

import { failedRun, queuedRun, runId, succeededRun, validationError } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, credential, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const input = [{ json: { prompt: 'a brass sign' } }];
const again = { 'retry-after': '0' };

async function failure(parameters = {}) {
	const result = await runWorkflow(goldenWorkflow('generate', parameters), { input });
	expect(JSON.stringify([result.error, result.run])).not.toContain(credential.apiKey);
	return {
		message: result.error?.message,
		description: result.error?.description,
		context: result.error?.context,
		httpCode: result.error?.httpCode,
	};
}

describe('a certificate that is not trusted', () => {
	it.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'])(
		'is named at once, and nothing was started: %s',
		async (code) => {
			nock(apiUrl)
				.post(models)
				.replyWithError(Object.assign(new Error('tls'), { code }));
			const { context, description, message } = await failure();
			expect(message).toBe('n8n does not trust the certificate that answers for Runflow');
			expect(description).toContain('NODE_EXTRA_CA_CERTS');
			expect(description).not.toContain('may have been started');
			expect(context).not.toHaveProperty('may_be_paid');
		},
	);
});

/** How errors name the only picture of these tests. */
const picture = 'The picture ("a brass sign")';

describe('a refused create', () => {
	it.each([
		[
			400,
			{ code: 'BAD_REQUEST', message: 'No.' },
			`${picture} was not made: Runflow could not understand the request`,
			'Runflow says: No. Code: BAD_REQUEST.',
		],
		[
			401,
			{ code: 'UNAUTHORIZED', message: 'No key' },
			'Runflow did not accept the API key',
			"Check 'API Key' in the Runflow credential",
		],
		[
			402,
			{ code: 'INSUFFICIENT_CREDIT', message: 'Empty' },
			'The Runflow account does not have enough credit',
			'Top up the account',
		],
		[
			403,
			{ code: 'PERMISSION_DENIED' },
			'Runflow does not allow this with the API key',
			'scopes runs:create and runs:read',
		],
		[
			403,
			{ code: 'EMAIL_NOT_VERIFIED' },
			'Runflow does not allow this with the API key',
			'Verify the e-mail address',
		],
		[404, { code: 'NOT_FOUND' }, 'Runflow does not know this URL', "Check 'Base URL'"],
		[
			409,
			{ code: 'CONFLICT' },
			'Runflow reports a conflict with an earlier request',
			'Wait a minute',
		],
		[
			413,
			'too large',
			`${picture} was not made: the request is too large for Runflow`,
			"Shorten 'Prompt'",
		],
		[
			418,
			{ error: { code: 'TEAPOT', message: 'short and stout' } },
			`${picture} was not made: Runflow refused the request (HTTP 418)`,
			'Runflow says: short and stout. Code: TEAPOT.',
		],
		[
			422,
			validationError,
			`${picture} was not made: Runflow refused 'Number of Images'`,
			"'Number of Images': Input should be less than or equal to 4",
		],
		[
			422,
			{ detail: [{ loc: ['body', 'input', 'image_size', 'width'], msg: 'too wide' }] },
			`${picture} was not made: Runflow refused 'Width'`,
			"'Width': too wide",
		],
		[
			422,
			{ detail: 'not today' },
			`${picture} was not made: Runflow refused a value`,
			'not today.',
		],
	])(
		'with %i is never sent again and has its own message',
		async (status, body, message, words) => {
			const api = nock(apiUrl).post(models).reply(status, body);
			nock(apiUrl).get('/v1/runs').query(true).reply(403, {});
			const error = await failure();
			expect(error.message).toBe(message);
			expect(error.description).toContain(words);
			expect(error.httpCode).toBe(String(status));
			expect(error.context).toMatchObject({ run_id: null, http_status: status });
			// n8n would add the index to the message, which names the picture itself, or means every item.
			expect(error.context?.itemIndex).toBeUndefined();
			expect(api.isDone()).toBe(true);
		},
	);

	it('with 503 is sent six times in all', async () => {
		const api = nock(apiUrl).post(models).times(6).reply(503, { code: 'BUSY' }, again);
		const search = nock(apiUrl).persist().get('/v1/runs').query(true).reply(200, { items: [] });
		const error = await failure();
		expect(error.message).toBe('Runflow could not handle the request (HTTP 503)');
		expect(api.isDone()).toBe(true);
		expect(search.isDone()).toBe(true);
	});

	it('succeeds when a later try does', async () => {
		const api = nock(apiUrl)
			.post(models)
			.reply(429, {}, again)
			.post(models)
			.reply(201, succeededRun);
		const { items } = await runWorkflow(
			goldenWorkflow('generate', { options: { download: false } }),
			{ input },
		);
		expect(items[0]?.json.run_id).toBe(runId);
		expect(api.isDone()).toBe(true);
	});

	it('with a web page instead of JSON is searched for once, then reported', async () => {
		const api = nock(apiUrl)
			.post(models)
			.twice()
			.reply(200, '<html>', { 'content-type': 'text/html' });
		const search = nock(apiUrl).get('/v1/runs').query(true).reply(200, '<html>');
		nock(apiUrl).get('/v1/runs').query(true).reply(200, { items: [] });
		const error = await failure();
		expect(error.message).toBe('Runflow sent an answer that could not be read');
		expect(error.description).toContain("Check 'Base URL'");
		expect(error.description).toContain('may have been started all the same');
		expect(search.isDone()).toBe(true);
		expect(api.isDone()).toBe(false);
	});

	it('that never reached the API is sent again without a search for its run', async () => {
		const api = nock(apiUrl)
			.post(models)
			.replyWithError(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
			.post(models)
			.reply(400, {});
		const search = nock(apiUrl).get('/v1/runs').query(true).reply(200, { items: [] });
		const error = await failure();
		expect(error.message).toContain('Runflow could not understand the request');
		expect(error.description).not.toContain('may have been started');
		expect(api.isDone()).toBe(true);
		expect(search.isDone()).toBe(false);
	});
});

describe('a run that does not succeed', () => {
	it.each([
		[
			'failed',
			failedRun,
			`${picture} was not made: its run failed`,
			'Runflow says: The provider did not answer. Code: MODEL_UNAVAILABLE.',
		],
		[
			'cancelled',
			{ ...queuedRun, status_code: 'cancelled' },
			`${picture} was not made: its run was cancelled at Runflow`,
			'Somebody cancelled it',
		],
		[
			'cancelled',
			{ ...queuedRun, status_code: 'canceled' },
			`${picture} was not made: its run was cancelled at Runflow`,
			'Somebody cancelled it',
		],
		[
			'failed',
			{ ...queuedRun, status_code: 'errored', error: { code: 'X', message: 'Y' } },
			`${picture} was not made: its run failed`,
			'Runflow says: Y. Code: X.',
		],
		[
			'succeeded',
			{ ...succeededRun, output: null },
			`${picture} did not arrive: its run succeeded but delivered no image`,
			'Check the run',
		],
	])('as %s is an error that names it', async (status, answer, message, words) => {
		nock(apiUrl).post(models).reply(201, answer).persist().get(/.*/).reply(200, answer);
		const { message: actual, description, context } = await failure();
		expect(actual).toBe(message);
		expect(description).toContain(words);
		expect(context).toMatchObject({ run_id: runId, status });
	});

	it('is polled while its status is unknown, and the error at the deadline names that status', async () => {
		nock(apiUrl)
			.post(models)
			.reply(201, { ...queuedRun, status_code: 'pondering' })
			.persist()
			.get(`/v1/runs/${runId}`)
			.reply(200, { ...queuedRun, status_code: 'pondering' });
		const { message } = await failure({ options: { timeout: 0.3, pollInterval: 0.1 } });
		expect(message).toContain("still 'pondering', a status this node does not know,");
	});

	it('with only some of its images is a success with a hint', async () => {
		nock(apiUrl)
			.post(models)
			.reply(201, { ...succeededRun, status_code: 'partial_succeeded' });
		const { items, hints } = await runWorkflow(
			goldenWorkflow('generate', { options: { download: false } }),
			{ input },
		);
		expect(items[0]?.json.status).toBe('partial_succeeded');
		expect(hints[1]).toBe(`1 run delivered only part of the images: ${runId}.`);
	});

	it('is named when the key stops working while the node waits for it', async () => {
		nock(apiUrl).post(models).reply(201, queuedRun).get(`/v1/runs/${runId}`).reply(401, {});
		const { message, description, context } = await failure({ options: { pollInterval: 0.1 } });
		expect(message).toBe('Runflow did not accept the API key');
		expect(description).toContain(`Run: ${runId}.`);
		expect(context).toMatchObject({ run_id: runId });
	});

	it('is named when its image can never be downloaded', async () => {
		nock(apiUrl)
			.post(models)
			.reply(201, succeededRun)
			.persist()
			.get(`/v1/runs/${runId}`)
			.reply(200, succeededRun);
		nock(/amazonaws/)
			.persist()
			.get(/.*/)
			.reply(403);
		const { message, description } = await failure();
		expect(message).toBe(`${picture} is made but could not be downloaded`);
		expect(description).toContain('HTTP 403');
	});
});

describe('continuing after errors', () => {
	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'with %s returns a row that n8n can route',
		async (onError) => {
			nock(apiUrl).post(models).reply(201, failedRun);
			const workflow = goldenWorkflow('generate', {}, { onError });
			const { items, errorItems, error } = await runWorkflow(workflow, { input });
			const [row] = onError === 'continueErrorOutput' ? errorItems : items;
			expect(error).toBeUndefined();
			const fromInput = onError === 'continueErrorOutput' ? input[0]?.json : {};
			expect(row?.json).toEqual({
				...fromInput,
				error: `${picture} was not made: its run failed`,
				prompt: 'a brass sign',
				status: 'failed',
				run_id: runId,
				details: {
					prompt: 'a brass sign',
					run_id: runId,
					status: 'failed',
					code: 'MODEL_UNAVAILABLE',
					http_status: null,
					failure: {
						code: 'MODEL_UNAVAILABLE',
						message: 'The provider did not answer',
						stage: 'dispatch',
					},
					description: expect.stringContaining('The provider did not answer'),
				},
			});
			expect(row?.pairedItem).toEqual({ item: 0 });
		},
	);
});

describe('a key that lacks a scope', () => {
	const refusal = { code: 'PERMISSION_DENIED', message: 'No.' };
	const binary = {
		data: { data: Buffer.from(gif('photo')).toString('base64'), mimeType: 'image/png' },
	};

	it.each([
		['generate', {}, models, 'runs:create', 'rf_svc_'],
		['edit', {}, '/v1/asset-uploads', 'assets:create', "'URL' as 'Input Source'"],
		[
			'redeliverCallback',
			{ resource: 'run', runId },
			`/v1/runs/${runId}/callback-redeliveries`,
			'runs:execute',
			'Delivering a callback again',
		],
	])('is told by %s which one', async (operation, parameters, path, scope, advice) => {
		nock(apiUrl).post(path).reply(403, refusal);
		const { error } = await runWorkflow(goldenWorkflow('generate', { operation, ...parameters }), {
			input: [{ json: { prompt: 'a brass sign' }, binary }],
		});
		expect(error?.message).toBe('Runflow does not allow this with the API key');
		expect(error?.description).toContain(scope);
		expect(error?.description).toContain(advice);
		expect(error?.description).toContain('Runflow says: No. Code: PERMISSION_DENIED.');
	});

	it('is not blamed where the storage refuses an upload', async () => {
		nock(apiUrl)
			.post('/v1/asset-uploads')
			.reply(201, { asset_id: 'a1', upload_url: 'https://storage.test/put' });
		nock('https://storage.test').put('/put').reply(403);
		const { error } = await runWorkflow(goldenWorkflow('generate', { operation: 'edit' }), {
			input: [{ json: { prompt: 'a brass sign' }, binary }],
		});
		expect(error?.message).toBe("Runflow's storage refused an image (HTTP 403)");
		expect(error?.description).not.toContain('API Key');
	});
});
