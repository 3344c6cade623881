import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExportedWorkflow } from '../../scripts/n8n/client';
import { startSimulator } from '../../simulator/simulator';
import { connect, credentialFor, expectSuccess, itemsOf } from './support';

jest.setTimeout(120_000);

const folder = join(__dirname, '..', '..', 'examples');
const examples = readdirSync(folder)
	.filter((name) => name.endsWith('.json'))
	.map(
		(name) =>
			[name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as ExportedWorkflow] as const,
	);

describe('the examples, on a real n8n', () => {
	it.each(examples)(
		'%s executes to its end, or can be activated if it waits for a callback',
		async (_name, example) => {
			const client = await connect();
			const simulator = await startSimulator({ runTime: 300 });
			const credentialId = await credentialFor(client, simulator);
			const id = await client.createWorkflow(example, credentialId);
			if (example.nodes.some(({ name }) => name === 'Start')) {
				const execution = await client.executeToEnd(id);
				expectSuccess(execution);
				const last = example.nodes.at(-1)?.name ?? '';
				expect(itemsOf(execution, last).every(({ binary }) => binary?.data)).toBe(true);
				expect(itemsOf(execution, last).length).toBeGreaterThan(0);
			} else {
				await expect(client.activate(id)).resolves.toBeUndefined();
			}
			await simulator.close();
		},
	);
});
