import { gzipSync } from 'node:zlib';

import type { N8nClient } from '../../scripts/n8n/client';
import { callbackBody } from '../fixtures/callbacks';
import { bomAsJson, secret, signatureOf, signed, typed, ways as allWays } from './callbackWays';
import { post, postLines } from './rawRequests';
import { connect, credentialFor, expectSuccess, itemsOf, until } from './support';
import { executionsOf, saveTrigger } from './triggers';
import { hasFeature } from './versions';

jest.setTimeout(120_000);

const n8nUrl = () => process.env.E2E_N8N_URL ?? '';
let client: N8nClient;
let credentialId: string;

beforeAll(async () => {
	client = await connect();
	credentialId = await credentialFor(client, { url: n8nUrl() }, `${secret} whsec_other`);
});

const saved = async (golden: string, parameters = {}) =>
	await saveTrigger(client, golden, parameters, credentialId);

async function publish(golden: string, parameters = {}) {
	const { workflowId, path } = await saved(golden, parameters);
	await client.activate(workflowId);
	return { workflowId, url: `${n8nUrl()}/webhook/${path}` };
}

/** The ways that n8n itself can read. */
const ways = Object.fromEntries(
	Object.entries(allWays).filter(
		([way]) => way !== bomAsJson || hasFeature('a JSON body with a byte order mark'),
	),
);

/** Sends one good callback at last, and expects that it alone started an execution. */
async function expectNothingBut(workflowId: string, url: string): Promise<void> {
	const body = callbackBody({ run_id: 'the good one' });
	expect(await post(url, typed('application/json')(body))).toBe(200);
	await until(async () => (await executionsOf(client, workflowId)).length > 0);
	const executions = await executionsOf(client, workflowId);
	const runIds = executions.map((execution) => itemsOf(execution, 'GPT Image 2 Trigger')[0]?.json);
	expect(runIds).toEqual([expect.objectContaining({ run_id: 'the good one' })]);
}

// What n8n itself can't read, it answers with 422 or 500; the node answers the rest.
describe('the trigger on a real n8n', () => {
	const golden = 'trigger';
	const unreadable = 400;
	const tooLarge = 413;

	it('accepts a signed callback however it is sent, and none of these twice', async () => {
		const { workflowId, url } = await publish(golden);
		const answers: Record<string, number[]> = {};
		for (const [way, send] of Object.entries(ways)) {
			const body = callbackBody({ run_id: way, metadata: { umlaut: 'ä' } });
			answers[way] = [await post(url, send(body)), await post(url, send(body))];
		}
		const names = Object.keys(ways);
		expect(answers).toEqual(Object.fromEntries(names.map((way) => [way, [200, 200]])));
		await until(async () => (await executionsOf(client, workflowId)).length >= names.length);
		const executions = await executionsOf(client, workflowId);
		executions.forEach(expectSuccess);
		const items = executions.map((execution) => itemsOf(execution, 'GPT Image 2 Trigger')[0]?.json);
		expect(items.map((json) => json?.run_id).sort()).toEqual(names.sort());
		expect(items.every((json) => JSON.stringify(json?.metadata) === '{"umlaut":"ä"}')).toBe(true);
	});

	it('refuses every one of them that is changed on its way, or not signed at all', async () => {
		const { workflowId, url } = await publish(golden);
		const answers: Record<string, number[]> = {};
		for (const [way, send] of Object.entries(ways)) {
			const { headers, ...changed } = send(callbackBody({ run_id: 'changed' }));
			const signature = signatureOf(callbackBody({ run_id: 'signed' }));
			answers[way] = [
				await post(url, { ...changed, headers: { ...headers, 'runflow-signature': signature } }),
				await post(url, { ...changed, headers: { ...headers, 'runflow-signature': '' } }),
			];
		}
		const names = Object.keys(ways);
		expect(answers).toEqual(Object.fromEntries(names.map((way) => [way, [401, 401]])));
		await expectNothingBut(workflowId, url);
	});

	it('answers what is signed but no callback with a refusal, and starts nothing', async () => {
		const { workflowId, url } = await publish(golden);
		const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
		const json = typed('application/json');
		const bytes = typed('application/octet-stream');
		const form = new URLSearchParams({ payload: callbackBody() }).toString();
		const gzip = { 'content-encoding': 'gzip' };
		const answers = {
			'broken JSON': await post(url, json('{"event":')),
			'broken JSON as bytes': await post(url, bytes('{"event":')),
			'an empty body': await post(url, json('')),
			'an empty body without content type': await post(url, signed('')),
			'a form': await post(url, typed('application/x-www-form-urlencoded')(form)),
			'deep nesting': await post(url, json(callbackBody().replace('"17"', deep))),
			'deep nesting as bytes': await post(url, bytes(callbackBody().replace('"17"', deep))),
			'a million keys': await post(
				url,
				json(`{${Array.from({ length: 1_000_000 }, (_, key) => `"${key}":1`).join()}}`),
			),
			'no gzip, as it says': await post(url, signed(callbackBody(), gzip)),
			'half a gzip': await post(url, {
				...signed(callbackBody(), gzip),
				body: gzipSync(callbackBody()).subarray(0, 60),
			}),
		};
		expect(answers).toEqual({
			...Object.fromEntries(Object.keys(answers).map((name) => [name, 400])),
			'broken JSON': 422,
			'no gzip, as it says': unreadable,
			'half a gzip': unreadable,
		});
		await expectNothingBut(workflowId, url);
	});

	it("needs no signature with 'None', and starts again for a repeat where that isn't ignored", async () => {
		const parameters = { authentication: 'none', options: { ignoreRepeats: false } };
		const { workflowId, url } = await publish(golden, parameters);
		const body = callbackBody();
		const headers = { 'content-type': 'application/octet-stream' };
		expect(await post(url, { body })).toBe(200);
		expect(await post(url, { body, headers })).toBe(200);
		expect(await post(url, { body: 'hello', headers })).toBe(400);
		await until(async () => (await executionsOf(client, workflowId)).length >= 2);
		expect(await executionsOf(client, workflowId)).toHaveLength(2);
	});

	it('answers a body of more than 16 MB, and starts nothing', async () => {
		const { workflowId, url } = await publish(golden);
		const large = callbackBody({ metadata: { large: 'x'.repeat(17 * 1024 * 1024) } });
		const answers: Record<string, number | undefined> = {};
		for (const way of [
			'as JSON',
			'as bytes',
			'gzipped, as JSON',
			'gzipped, as bytes',
			'in chunks, with no content type',
		]) {
			const send = ways[way];
			answers[way] = send && (await post(url, send(large)));
		}
		expect(answers).toEqual({
			'as JSON': 500,
			'as bytes': tooLarge,
			'gzipped, as JSON': 500,
			'gzipped, as bytes': tooLarge,
			'in chunks, with no content type': tooLarge,
		});
		await expectNothingBut(workflowId, url);
	});

	it('outlives senders that hang up half way or contradict themselves', async () => {
		const { workflowId, url } = await publish(golden);
		const body = callbackBody();
		const signature = `Runflow-Signature: ${signatureOf(body)}`;
		const length = `Content-Length: ${body.length}`;
		const half = body.slice(0, 100);
		const gzip = gzipSync(body).subarray(0, 60);
		const bytes = 'Content-Type: application/octet-stream';
		const hangUps = [
			await postLines(url, [signature, length, bytes], half, 300),
			await postLines(url, [signature, length, 'Content-Type: application/json'], half, 300),
			await postLines(url, [signature, length, bytes, 'Content-Encoding: gzip'], gzip, 300),
			await postLines(url, [signature, 'Transfer-Encoding: chunked', bytes], '64\r\nhalf', 300),
		];
		expect(hangUps).toEqual(hangUps.map(() => 'no answer'));
		const contradictions = [
			await postLines(url, [signature, length, `Content-Length: ${half.length}`], body),
			await postLines(url, [signature, length, 'Transfer-Encoding: chunked'], `0\r\n\r\n${body}`),
			await postLines(url, [signature, 'Transfer-Encoding: chunked'], `zz\r\n${body}`),
		];
		expect(contradictions).toEqual([400, 400, 400]);
		await expectNothingBut(workflowId, url);
	});

	it("shows at the test URL what arrives after 'Execute step', as often as that is pressed", async () => {
		const { workflowId, path } = await saved(golden);
		const url = `${n8nUrl()}/webhook-test/${path}`;
		const body = callbackBody();
		for (const way of ['as JSON', 'with no content type']) {
			const workflowData = await client.send('GET', `/rest/workflows/${workflowId}`);
			const listening = await client.send('POST', `/rest/workflows/${workflowId}/run`, {
				workflowData,
				triggerToStartFrom: { name: 'GPT Image 2 Trigger' },
			});
			expect(listening).toMatchObject({ waitingForWebhook: true });
			const send = ways[way];
			expect(send && (await post(url, send(body)))).toBe(200);
		}
		await until(async () => (await executionsOf(client, workflowId)).length === 2);
		(await executionsOf(client, workflowId)).forEach(expectSuccess);
	});

	it("answers 401 to a forged call after 'Execute step', and shows why in the editor", async () => {
		const { workflowId, path } = await saved(golden);
		const workflowData = await client.send('GET', `/rest/workflows/${workflowId}`);
		await client.send('POST', `/rest/workflows/${workflowId}/run`, {
			workflowData,
			triggerToStartFrom: { name: 'GPT Image 2 Trigger' },
		});
		const answer = await fetch(`${n8nUrl()}/webhook-test/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'runflow-signature': 't=1,v1=00' },
			body: callbackBody(),
		});
		expect(answer.status).toBe(401);
		await until(async () => (await executionsOf(client, workflowId)).length === 1);
		const [execution] = await executionsOf(client, workflowId);
		expect(execution?.data.resultData.error?.message).toContain('A call was refused: Signature');
	});
});
