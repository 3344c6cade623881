import type { IRun } from 'n8n-workflow';
import nock from 'nock';

import { runId, succeededRun } from '../fixtures/answers';
import { CountingApi } from './api';
import { apiUrl, runWorkflow } from './harness';
import { retry } from './retry';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { prompt: `p${number}` } }));

describe('metadata and a reference that differ at each try', () => {
	const parameters = {
		options: {
			pollInterval: 0.1,
			clientRef: '={{ "run-of-" + $execution.id }}',
			metadata: {
				assignments: [{ id: '1', name: 'at', value: '={{ $execution.id }}', type: 'string' }],
			},
		},
	};

	it('do not pay again for a run that is there', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		const first = await runWorkflow(
			goldenWorkflow('generate', { options: { ...parameters.options, timeout: 0.3 } }),
			{ input: items(1) },
		);
		expect(first.error?.message).toContain("was still 'running'");
		for (const run of api.runs) run.status = 'succeeded';
		const second = await retry(first.run, parameters);
		expect(second.error).toBeUndefined();
		expect(second.items).toHaveLength(1);
		expect(api.runs).toHaveLength(1);
	});

	it('are repeated to the letter, with the same key, while it is unclear whether the run is there', async () => {
		const sent: Array<[unknown, unknown]> = [];
		const drop = { times: 6 };
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [] })
			.post(models)
			.reply(function (_uri, body) {
				sent.push([body, this.req.headers['idempotency-key']]);
				return drop.times-- > 0 ? [503, {}, { 'retry-after': '0' }] : [201, succeededRun];
			});
		const options = { ...parameters.options, download: false };
		const first = await runWorkflow(goldenWorkflow('generate', { options }), { input: items(1) });
		expect(first.error?.message).toBe('Runflow could not handle the request (HTTP 503)');
		const second = await retry(first.run, { options });
		expect(second.error).toBeUndefined();
		expect(sent.length).toBeGreaterThan(6);
		expect(sent.at(-1)).toEqual(sent[0]);
		expect(sent[0]?.[0]).toMatchObject({ metadata: { at: '231' }, client_ref: 'run-of-231' });
	});

	it('are the new ones where nothing was sent with the old ones', async () => {
		const api = new CountingApi((_run, tries) => (tries === 1 ? [402, {}] : undefined));
		const first = await runWorkflow(goldenWorkflow('generate', parameters), { input: items(1) });
		expect(first.error?.message).toContain('credit');
		await retry(first.run, parameters);
		expect(api.runs.map(({ clientRef }) => clientRef)).toEqual(['run-of-232']);
	});
});

/** Makes the runs of an execution older than what the API may not know yet. */
function acceptedLongAgo({ data }: IRun): void {
	const context = data.executionData?.contextData['node:GPT Image 2'] ?? {};
	const older = Object.entries(context.ledger as Record<string, string>).map(([place, text]) => {
		const entry = JSON.parse(text) as { createdAt?: number; startedAt: number };
		entry.startedAt -= 7_200_000;
		if (entry.createdAt) entry.createdAt -= 7_200_000;
		return [place, JSON.stringify(entry)];
	});
	context.ledger = Object.fromEntries(older);
}

describe('a run that a replica does not know yet', () => {
	it('is waited for, however many reads miss it within a minute', async () => {
		const api = new CountingApi();
		const [one] = [{ prompt: 'p0' }];
		const missing = setInterval(() => api.runs.forEach(({ id }) => api.unknown.add(id)), 1);
		setTimeout(() => {
			clearInterval(missing);
			api.unknown.clear();
		}, 3_000);
		const { error, items: out } = await runWorkflow(
			goldenWorkflow('generate', { options: { pollInterval: 0.2 } }),
			{ input: [{ json: one ?? {} }] },
		);
		expect(error).toBeUndefined();
		expect(out).toHaveLength(1);
		expect(api.reads).toBeGreaterThan(4);
	});

	it('is waited for by a Retry that comes at once', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		const parameters = (timeout: number) => ({ options: { pollInterval: 0.2, timeout } });
		const first = await runWorkflow(goldenWorkflow('generate', parameters(0.5)), {
			input: items(1),
		});
		for (const run of api.runs) {
			run.status = 'succeeded';
			api.unknown.add(run.id);
		}
		setTimeout(() => api.unknown.clear(), 1_500);
		const second = await retry(first.run, parameters(20));
		expect(second.error).toBeUndefined();
		expect(second.items).toHaveLength(1);
		expect(api.runs).toHaveLength(1);
	});
});

describe('two retries of one execution at the same moment', () => {
	it.each([
		['fixed', '={{ $json.prompt }}'],
		['that evaluates to something else each time', '={{ $json.prompt }} {{ Math.random() }}'],
	])('start what is missing once, with a prompt %s', async (_name, prompt) => {
		let refused = false;
		const api = new CountingApi((run) => {
			if (run.prompt.startsWith('p1') && !refused) {
				refused = true;
				return [402, {}];
			}
			return undefined;
		});
		const parameters = { prompt, options: { pollInterval: 0.1 } };
		const first = await runWorkflow(goldenWorkflow('generate', parameters), {
			input: items(2),
			establishedAt: Date.now(),
		});
		expect(first.error?.message).toContain('credit');
		const copy = structuredClone(first.run);
		const both = await Promise.all([
			retry(first.run, parameters, {}, '401'),
			retry(copy, parameters, {}, '402'),
		]);
		expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
		expect(both.map(({ items: out }) => out.length)).toEqual([2, 2]);
		expect(api.runs).toHaveLength(2);
	});
});

describe('a run that is gone for good', () => {
	it('does not keep the others from finishing, is named, and lets them out on Retry', async () => {
		const api = new CountingApi((run, tries) => {
			if (run.prompt === 'p2' && tries === 1) return [402, {}];
			run.status = 'running';
			return undefined;
		});
		const parameters = { options: { pollInterval: 0.1, timeout: 20 } };
		const first = await runWorkflow(goldenWorkflow('generate', parameters), { input: items(3) });
		expect(first.error?.message).toContain('credit');
		const [lost] = api.runs;
		if (lost) Object.assign(lost, { id: runId, clientRef: 'of nobody' });
		setTimeout(() => api.runs.forEach((run) => (run.status = 'succeeded')), 300);

		acceptedLongAgo(first.run);
		const second = await retry(first.run, parameters);
		expect(second.error?.message).toBe('Picture 1 of 3 ("p0") is missing: its run was not found');
		expect(second.error?.description).toContain("choose 'Continue' as 'On Error'");
		expect(second.error?.description).not.toContain('start a new execution');
		expect(api.runs.map(({ prompt }) => prompt)).toEqual(['p0', 'p1', 'p2']);
		expect(second.error?.context?.paid_runs).toEqual(api.runs.slice(1).map(({ id }) => id));

		for (const run of api.runs) run.status = 'succeeded';
		const third = await retry(second.run, parameters, { onError: 'continueRegularOutput' }, '233');
		expect(third.items.map(({ json }) => json.error ?? json.prompt)).toEqual([
			'Picture 1 of 3 ("p0") is missing: its run was not found',
			'p1',
			'p2',
		]);
		expect(api.runs).toHaveLength(3);
	});
});
