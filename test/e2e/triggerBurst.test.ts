import { callbackBody } from '../fixtures/callbacks';
import { secret, typed } from './callbackWays';
import { post } from './rawRequests';
import { connect, credentialFor, until } from './support';
import { saveTrigger } from './triggers';
import { itWith } from './versions';

jest.setTimeout(240_000);

const callbacks = 300;

describe('callbacks in a burst', () => {
	itWith('a burst of calls that SQLite survives')(
		'start an execution each, and those that come twice start no second',
		async () => {
			const client = await connect();
			const n8nUrl = process.env.E2E_N8N_URL ?? '';
			const credentialId = await credentialFor(client, { url: n8nUrl }, secret);
			const { path, workflowId } = await saveTrigger(client, 'trigger', {}, credentialId);
			await client.activate(workflowId);
			const filter = encodeURIComponent(JSON.stringify({ workflowId, status: ['success'] }));
			const succeeded = async () =>
				await client.send<{ count: number }>('GET', `/rest/executions?filter=${filter}&limit=1`);

			const bodies = Array.from({ length: callbacks }, (_, number) =>
				callbackBody({ run_id: `run ${number}` }),
			);
			// What n8n answers with an error by itself, where its database is busy, Runflow delivers again.
			const deliver = async (body: string): Promise<number> => {
				const call = typed('application/json')(body);
				for (let attempt = 1; ; attempt++) {
					const status = await post(`${n8nUrl}/webhook/${path}`, call, 150_000);
					if (status < 500 || attempt === 5) return status;
					await new Promise((resolve) => setTimeout(resolve, 1_000));
				}
			};
			const answers = await Promise.all([...bodies, ...bodies.slice(0, 50)].map(deliver));
			expect(new Set(answers)).toEqual(new Set([200]));
			await until(async () => (await succeeded()).count >= callbacks);
			expect((await succeeded()).count).toBe(callbacks);
		},
	);
});
