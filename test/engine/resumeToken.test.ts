import nock from 'nock';

import { queuedRun, runId } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

describe("n8n's resume token", () => {
	const models = '/v1/models/openai/gpt-image-2/runs';
	const signed =
		'https://n8n.example.com/webhook-waiting/231/5a7c1b1e-6a1f-4d9c-9c3e-1f0a5f1a0002?signature=secret';

	it("stays out of Runflow's own record of the run", async () => {
		const run = { ...queuedRun, callback_url: signed, links: { next: [signed] } };
		nock(apiUrl).post(models).reply(201, run);
		const parameters = { completion: 'none', options: { includeRun: true } };
		const { items: out } = await runWorkflow(goldenWorkflow('generate', parameters), {
			input: [{ json: { prompt: 'p0' } }],
		});
		expect(JSON.stringify(out[0]?.json.run)).toContain('/webhook-waiting/231/');
		expect(JSON.stringify(out)).not.toContain('secret');
	});

	it('stays out of the deliveries of a callback', async () => {
		nock(apiUrl)
			.get(`/v1/runs/${runId}/callback`)
			.reply(200, [{ url: signed, request: { url: signed }, status_code: 200 }]);
		const { items: out } = await runWorkflow(
			goldenWorkflow('generate', { resource: 'run', operation: 'getCallbackDeliveries', runId }),
			{ input: [{ json: {} }] },
		);
		expect(out[0]?.json).toMatchObject({ run_id: runId, status_code: 200 });
		expect(JSON.stringify(out)).not.toContain('secret');
	});

	it('stays out of texts that contain a URL and more', async () => {
		const text = `POST ${signed}&a=1 was refused (${signed}), see "${signed}"`;
		const encoded = `to=${encodeURIComponent(signed)} failed`;
		const run = {
			...queuedRun,
			status_code: 'failed',
			failure_message: text,
			failure_detail: encoded,
			logs: [{ message: text }],
			links: { file: 'https://files.test/1.png?signature=kept' },
		};
		nock(apiUrl)
			.get(`/v1/runs/${runId}`)
			.reply(200, run)
			.get(`/v1/runs/${runId}/callback`)
			.reply(200, [{ attempts: [{ error_message: text }] }])
			.get(`/v1/runs/${runId}`)
			.reply(400, { code: 'BAD', message: text });
		const shown: unknown[] = [];
		for (const operation of ['get', 'getCallbackDeliveries', 'get']) {
			const parameters = { resource: 'run', operation, runId, options: { includeRun: true } };
			const { items: out, error } = await runWorkflow(goldenWorkflow('generate', parameters), {
				input: [{ json: {} }],
			});
			shown.push(out, error?.message, error?.description, error?.context);
		}
		expect(JSON.stringify(shown)).toContain('/webhook-waiting/231/');
		expect(JSON.stringify(shown)).toContain('signature=kept');
		expect(JSON.stringify(shown)).not.toContain('secret');
	});
});
