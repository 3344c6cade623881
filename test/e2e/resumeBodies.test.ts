import { gzipSync } from 'node:zlib';

import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { callbackBody } from '../fixtures/callbacks';
import { post, postLines, type RawRequest } from './rawRequests';
import { connect, credentialFor, expectSuccess, goldenWorkflow, itemsOf, until } from './support';
import { hasFeature } from './versions';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 40_000 });
});

afterAll(async () => await simulator.close());

const typed = (type: string, body: Buffer | string, headers = {}): RawRequest => ({
	body,
	headers: { 'content-type': type, ...headers },
});
const json = (body: string) => typed('application/json', body);
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const keys = Array.from({ length: 1_000_000 }, (_, key) => `"${key}":1`).join();

/** Calls that no node can read anything from, that claim a run of nobody's, or that claim to be the node's own. */
const hostile: Record<string, () => RawRequest> = {
	'an empty body': () => json(''),
	'broken JSON': () => json('{"run_id":'),
	'no object': () => json('[null, 17, "x"]'),
	'wrong types': () => json('{"run_id":{"a":[]},"purpose":17,"suspensionId":null}'),
	'a prototype': () => json('{"__proto__":{"run_id":"x"},"constructor":{"prototype":1}}'),
	"somebody else's run": () => json(callbackBody()),
	'another suspension': () => json('{"purpose":"wake","suspensionId":"another"}'),
	'deep nesting': () => json(callbackBody().replace('"17"', deep(20_000))),
	'a million keys': () => json(`{"metadata":{${keys}}}`),
	'17 MB': () => json(callbackBody({ metadata: { large: 'x'.repeat(17 * 1024 * 1024) } })),
	'a form': () => typed('application/x-www-form-urlencoded', 'run_id=x&run_id[y]=z'),
	'a file': () =>
		typed(
			'multipart/form-data; boundary=x',
			'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nb\r\n--x--\r\n',
		),
	'half a file': () => typed('multipart/form-data; boundary=x', '--x\r\nContent-Disp'),
	XML: () => typed('text/xml', '<run_id>&x;</run_id>'),
	'UTF-16': () => typed('application/json; charset=utf-16le', Buffer.from('{"a":1}', 'utf16le')),
	'an unknown charset': () => typed('application/json; charset=klingon', '{"a":1}'),
	bytes: () => typed('application/octet-stream', Buffer.from([0, 255, 254, 128])),
	'half a gzip': () =>
		typed('application/json', gzipSync(callbackBody()).subarray(0, 60), {
			'content-encoding': 'gzip',
		}),
	'no content type': () => ({ body: callbackBody() }),
};

describe('the resume URL of a suspended execution', () => {
	it('answers whatever is sent to it, and the execution sleeps on until its runs have ended', async () => {
		const credentialId = await credentialFor(client, simulator);
		const workflow = goldenWorkflow('twenty-items', { parameters: { completion: 'suspend' } });
		const id = await client.execute(await client.createWorkflow(workflow, credentialId), 'Start');
		await until(async () => (await client.statusOf(id)) === 'waiting');
		const url = simulator.runs.at(-1)?.request.callback_url ?? '';
		const answers: Record<string, number> = {};
		for (const [name, request] of Object.entries(hostile)) {
			answers[name] = await post(url, request());
			expect([name, await client.statusOf(id)]).toEqual([name, 'waiting']);
		}
		expect(Object.entries(answers).filter(([, status]) => status < 200 || status > 500)).toEqual(
			[],
		);
		const half = ['Content-Length: 1000', 'Content-Type: application/json'];
		expect(await postLines(url, half, '{"run_id":', 300)).toBe('no answer');
		const forged = url.replace(/signature=\w+/, 'signature=forged');
		expect(await post(forged, json('{}'))).toBe(hasFeature('signed resume URLs') ? 401 : 200);

		const execution = await client.finished(id);
		expectSuccess(execution);
		expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
		expect(simulator.runs).toHaveLength(20);
	});
});
