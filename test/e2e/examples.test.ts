import { examples, readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { downloadBinary, expectSuccess, itemsOf, until, useSimulator } from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 1500 });

const importExample = async (name: string) =>
	await client.createWorkflow(readExample(name), credentialId);

describe('the examples, on a real n8n', () => {
	it.each(examples)('keep their description when $name is imported', async ({ name }) => {
		const id = await importExample(name);
		const { description } = await client.send('GET', `/rest/workflows/${id}`);
		expect(description).toBe(readExample(name).description);
	});
});

describe('the example draw-your-first-pictures', () => {
	it('makes a picture of each prompt', async () => {
		const execution = await client.executeToEnd(await importExample('draw-your-first-pictures'));
		expectSuccess(execution);
		const items = itemsOf(execution, 'Draw the pictures');
		expect(items).toHaveLength(3);
		for (const item of items) {
			expect((await downloadBinary(client, item)).length).toBeGreaterThan(0);
		}
		expect(simulator.runs).toHaveLength(3);
	});
});

describe('the example suspend-and-resume', () => {
	it('sleeps, then separates the pictures from what is missing', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'autumn' });
		const id = await client.execute(await importExample('suspend-and-resume'), 'Start');
		await until(async () => (await client.statusOf(id)) === 'waiting');
		const execution = await client.finished(id);
		expectSuccess(execution);
		const pictures = itemsOf(execution, 'Send the files on');
		expect(pictures.map(({ binary }) => binary?.data?.mimeType)).toEqual(
			Array(3).fill('image/png'),
		);
		expect(itemsOf(execution, 'Say what is missing').map(({ json }) => json)).toMatchObject([
			{
				prompt: expect.stringContaining('autumn'),
				reason: expect.stringMatching(/did not deliver/),
			},
		]);
		expect(simulator.runs).toHaveLength(4);
	});
});

describe('the example catch-up-after-downtime', () => {
	it('ends well when no callback was missed', async () => {
		const id = await importExample('catch-up-after-downtime');
		const execution = await client.executeToEnd(id, 'Every hour');
		expectSuccess(execution);
		const rows = itemsOf(execution, 'Redeliver missed callbacks').map(({ json }) => json);
		expect(rows).toMatchObject([{ run_id: null, message: expect.stringContaining('missed') }]);
	});
});
