import type { INodeParameters } from 'n8n-workflow';

import { startN8n, type RunningN8n } from '../../scripts/n8n/process';
import type { N8nClient } from '../../scripts/n8n/client';
import { sign } from '../../runflow/signature';
import type { Simulator } from '../../simulator/simulator';
import { callbackBody } from '../fixtures/callbacks';
import { credentialFor, goldenWorkflow, itemsOf, until, useSimulator } from './support';
import { executionsOf as finishedExecutionsOf, saveTrigger } from './triggers';

jest.setTimeout(240_000);

const secret = 'whsec_e2e_secret';
const n8nUrl = () => process.env.E2E_N8N_URL ?? '';

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator(
	(stage) => ({ client, simulator, credentialId } = stage),
	{ runTime: 300, signingSecret: secret },
	`whsec_old ${secret}`,
);

/** A published workflow that starts with the trigger, and the URL to call. */
async function publish(
	parameters: INodeParameters = {},
	credential = credentialId,
	on = client,
	base = n8nUrl(),
) {
	const { workflowId, path } = await saveTrigger(on, 'trigger', parameters, credential);
	await on.activate(workflowId);
	return { workflowId, url: `${base}/webhook/${path}` };
}

async function deliver(url: string, body: string, signature?: string) {
	const headers: Record<string, string> = { 'content-type': 'application/json' };
	if (signature !== undefined) headers['runflow-signature'] = signature;
	return (await fetch(url, { method: 'POST', headers, body })).status;
}

const executionsOf = async (workflowId: string, on = client) =>
	await finishedExecutionsOf(on, workflowId);
const signed = (body: string) => sign(secret, Buffer.from(body));
const soon = async () => await new Promise((resolve) => setTimeout(resolve, 700));

describe('the trigger on a real n8n', () => {
	it('turns a signed callback of a run into items with URLs', async () => {
		const { workflowId, url } = await publish();
		const createdBy = goldenWorkflow('twenty-items', {
			parameters: { completion: 'none', callbackUrl: url },
		});
		const submitting = await client.executeToEnd(
			await client.createWorkflow(createdBy, credentialId),
		);
		expect(itemsOf(submitting)[0]?.json).toMatchObject({
			status: 'queued',
			image_count: 0,
			url: null,
		});
		await until(
			() => simulator.deliveries.filter(({ attempts }) => attempts.length > 0).length === 20,
		);
		await until(async () => (await executionsOf(workflowId)).length === 20);
		const [execution] = await executionsOf(workflowId);
		const [item] = execution ? itemsOf(execution, 'GPT Image 2 Trigger') : [];
		expect(item?.json).toMatchObject({
			event: 'run.completed',
			status: 'succeeded',
			image_count: 1,
			url: expect.stringContaining('/files/'),
		});
		expect(simulator.deliveries.every(({ attempts }) => attempts[0]?.status === 200)).toBe(true);
	});

	it('starts nothing for a callback that is forged, unsigned, tampered with or not a callback at all', async () => {
		const { workflowId, url } = await publish();
		const body = callbackBody();
		expect(await deliver(url, body)).toBe(401);
		expect(await deliver(url, body, sign('another', Buffer.from(body)))).toBe(401);
		expect(await deliver(url, body.replace('succeeded', 'sXcceeded'), signed(body))).toBe(401);
		expect(await deliver(url, body, 'nonsense')).toBe(401);
		expect(await deliver(url, '{"event":"hello"}', signed('{"event":"hello"}'))).toBe(400);
		expect((await fetch(url)).status).toBe(404);
		await soon();
		expect(await executionsOf(workflowId)).toEqual([]);
	});

	it('accepts only the selected events, and answers 200 to the others', async () => {
		const { workflowId, url } = await publish({ events: ['run.failed'] });
		const [completed, failed] = [
			callbackBody(),
			callbackBody({ event: 'run.failed', status: 'failed', output: null }),
		];
		expect(await deliver(url, completed, signed(completed))).toBe(200);
		expect(await deliver(url, failed, signed(failed))).toBe(200);
		await until(async () => (await executionsOf(workflowId)).length > 0);
		await soon();
		expect(await executionsOf(workflowId)).toHaveLength(1);
	});

	it('starts 50 executions for 50 callbacks at once, and none for their repeats', async () => {
		const { workflowId, url } = await publish();
		const bodies = Array.from({ length: 50 }, (_, number) =>
			callbackBody({ run_id: `run-${number}` }),
		);
		const answers = await Promise.all(
			[...bodies, ...bodies].map(async (body) => await deliver(url, body, signed(body))),
		);
		expect(new Set(answers)).toEqual(new Set([200]));
		const repeated = await Promise.all(
			bodies.map(async (body) => await deliver(url, body, signed(body))),
		);
		expect(new Set(repeated)).toEqual(new Set([200]));
		await until(async () => (await executionsOf(workflowId)).length >= 50);
		await soon();
		expect(await executionsOf(workflowId)).toHaveLength(50);
	});

	it('believes nothing but the API when it reads the run again', async () => {
		const { workflowId, url } = await publish({ authentication: 'reread' });
		const create = await fetch(`${simulator.url}/v1/models/openai/gpt-image-2/runs`, {
			method: 'POST',
			headers: { authorization: 'Bearer rf_live_x', 'content-type': 'application/json' },
			body: JSON.stringify({ input: { prompt: 'real' } }),
		});
		const { id } = (await create.json()) as { id: string };
		const claims = callbackBody({
			run_id: id,
			event: 'run.failed',
			status: 'failed',
			output: null,
		});
		expect(await deliver(url, callbackBody({ run_id: 'no-such-run' }))).toBe(401);
		await soon();
		expect(await deliver(url, claims)).toBe(200);
		await until(async () => (await executionsOf(workflowId)).length > 0);
		const [execution] = await executionsOf(workflowId);
		expect(execution && itemsOf(execution, 'GPT Image 2 Trigger')[0]?.json).toMatchObject({
			event: 'run.completed',
			status: 'succeeded',
			prompt: 'real',
		});
	});

	it('cannot be published with signatures but no secret, and says what to do', async () => {
		const noSecret = await credentialFor(client, simulator);
		await expect(publish({}, noSecret)).rejects.toThrow(/'Callback Signing Secrets' is empty/);
		await expect(publish({ authentication: 'reread' }, noSecret)).resolves.toBeDefined();
	});

	it('asks for another attempt while n8n cannot read the credential', async () => {
		const gone = await credentialFor(client, simulator, secret);
		const { workflowId, url } = await publish({}, gone);
		await client.send('DELETE', `/rest/credentials/${gone}`);
		const body = callbackBody();
		expect(await deliver(url, body, signed(body))).toBe(503);
		await soon();
		expect(await executionsOf(workflowId)).toEqual([]);
	});

	it('accepts the second attempt at a delivery that n8n failed to accept at first', async () => {
		const own: RunningN8n = await startN8n({ tarball: process.env.E2E_TARBALL });
		try {
			const credential = await credentialFor(own.client, simulator, secret);
			const { workflowId, url } = await publish({}, credential, own.client, own.url);
			await own.stop({ keep: true });
			const body = callbackBody();
			expect(await deliver(url, body, signed(body)).catch(() => 'no answer')).toBe('no answer');
			const again = await startN8n({
				userFolder: own.userFolder,
				port: Number(new URL(own.url).port),
			});
			try {
				await until(async () => (await fetch(url, { method: 'POST' })).status === 401);
				expect(await deliver(url, body, signed(body))).toBe(200);
				await until(async () => (await executionsOf(workflowId, again.client)).length === 1);
			} finally {
				await again.stop();
			}
		} finally {
			await own.stop();
		}
	});
});
