import { randomUUID } from 'node:crypto';

import type { INode, INodeParameters } from 'n8n-workflow';

import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { until, useSimulator } from './support';

jest.setTimeout(120_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 1500 });

const node = (
	name: string,
	type: string,
	typeVersion: number,
	parameters: INodeParameters,
): INode => ({ id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters });

/** These nodes, one behind the other. */
function chain(nodes: INode[]): ExportedWorkflow {
	const links = nodes.slice(1).map((next, index) => {
		const main = [[{ node: next.name, type: 'main' as const, index: 0 }]];
		return [nodes[index]?.name ?? '', { main }] as const;
	});
	return { name: 'Somebody waits', nodes, connections: Object.fromEntries(links) };
}

const picture = (parameters: INodeParameters = {}) =>
	node('GPT Image 2', 'n8n-nodes-runflow.gptImage2', 1.1, {
		simplify: false,
		prompt: 'a harbour',
		completion: 'suspend',
		...parameters,
	});

const webhook = (parameters: INodeParameters) => {
	const path = randomUUID();
	const options = { path, httpMethod: 'POST', options: {}, ...parameters };
	return { ...node('Webhook', 'n8n-nodes-base.webhook', 2, options), webhookId: path };
};

/** Publishes a workflow and calls its webhook, once n8n has put it into service. */
async function call(workflow: ExportedWorkflow, path: string, body = {}): Promise<Response> {
	await client.activate(await client.createWorkflow(workflow, credentialId));
	const post = async () =>
		await fetch(`${process.env.E2E_N8N_URL}${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	let answer = await post();
	await until(async () => {
		if (answer.status === 404) answer = await post();
		return answer.status !== 404;
	});
	return answer;
}

describe('a caller who waits for an execution that would be suspended, on a real n8n', () => {
	it('gets the picture from a webhook that answers when the last node finishes', async () => {
		const trigger = webhook({ responseMode: 'lastNode' });
		const answer = await call(chain([trigger, picture()]), `/webhook/${trigger.webhookId}`);
		expect([answer.status, await answer.json()]).toEqual([
			200,
			expect.objectContaining({ status: 'succeeded', image_count: 1, timed_out: false }),
		]);
		expect(simulator.runs).toHaveLength(1);
	});

	it('gets the bytes of it where the webhook answers with the binary', async () => {
		const trigger = webhook({ responseMode: 'lastNode', responseData: 'firstEntryBinary' });
		const answer = await call(chain([trigger, picture()]), `/webhook/${trigger.webhookId}`);
		expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
	});

	it('gets it in a public chat', async () => {
		const webhookId = randomUUID();
		const trigger = {
			...node('Chat', '@n8n/n8n-nodes-langchain.chatTrigger', 1.3, { public: true, options: {} }),
			webhookId,
		};
		const said = { action: 'sendMessage', sessionId: 's', chatInput: 'a harbour' };
		const answer = await call(chain([trigger, picture()]), `/webhook/${webhookId}/chat`, said);
		expect([answer.status, await answer.text()]).toEqual([
			200,
			expect.stringContaining('"status":"succeeded"'),
		]);
	});

	it('gets it from a Wait node that was called', async () => {
		const trigger = webhook({ responseMode: 'responseNode' });
		const answer = await call(
			chain([
				trigger,
				node('Respond', 'n8n-nodes-base.respondToWebhook', 1.5, {
					respondWith: 'text',
					responseBody: '={{ $execution.resumeUrl }}',
					options: {},
				}),
				node('Wait', 'n8n-nodes-base.wait', 1.1, {
					resume: 'webhook',
					httpMethod: 'POST',
					responseMode: 'lastNode',
					options: {},
				}),
				picture(),
			]),
			`/webhook/${trigger.webhookId}`,
		);
		const resumeUrl = await answer.text();
		let resumed = await fetch(resumeUrl, { method: 'POST' });
		await until(async () => {
			if (resumed.status === 409) resumed = await fetch(resumeUrl, { method: 'POST' });
			return resumed.status !== 409;
		});
		expect([resumed.status, await resumed.json()]).toEqual([
			200,
			expect.objectContaining({ status: 'succeeded', image_count: 1 }),
		]);
	});

	it('gets the runs at once from a webhook in front of a workflow that is executed', async () => {
		const started = node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
			inputSource: 'passthrough',
		});
		const inner = await client.createWorkflow(chain([started, picture()]), credentialId);
		await client.activate(inner);
		const trigger = webhook({ responseMode: 'lastNode' });
		const outer = node('Draw', 'n8n-nodes-base.executeWorkflow', 1.2, {
			workflowId: { __rl: true, value: inner, mode: 'id' },
			workflowInputs: { mappingMode: 'defineBelow', value: {} },
			options: {},
		});
		const answer = await call(chain([trigger, outer]), `/webhook/${trigger.webhookId}`);
		expect([answer.status, await answer.json()]).toEqual([
			200,
			expect.objectContaining({ run_id: simulator.runs[0]?.id, timed_out: false }),
		]);
	});

	it('records what an evaluation measures', async () => {
		const { id: projectId } = await client.send<{ id: string }>('GET', '/rest/projects/personal');
		const tables = `/rest/projects/${projectId}/data-tables`;
		const columns = [{ name: 'subject', type: 'string' }];
		const table = await client.send<{ id: string }>('POST', tables, {
			name: `subjects ${Date.now()}`,
			columns,
		});
		await client.send('POST', `${tables}/${table.id}/insert`, {
			data: [{ subject: 'a harbour' }, { subject: 'a bridge' }],
			returnType: 'count',
		});
		const workflow = chain([
			node('Row', 'n8n-nodes-base.evaluationTrigger', 4.7, {
				source: 'dataTable',
				dataTableId: { __rl: true, value: table.id, mode: 'id' },
			}),
			picture({ prompt: '={{ $json.subject }}' }),
			node('Measure', 'n8n-nodes-base.evaluation', 4.8, {
				operation: 'setMetrics',
				metric: 'customMetrics',
				metrics: {
					assignments: [
						{ id: '1', name: 'pictures', value: '={{ $json.image_count }}', type: 'number' },
					],
				},
			}),
		]);
		const workflowId = await client.createWorkflow(workflow, credentialId);
		const runs = `/rest/workflows/${workflowId}/test-runs`;
		await client.send('POST', `${runs}/new`, {});
		interface TestRun {
			status: string;
			metrics: unknown;
		}
		let last: TestRun | undefined;
		await until(async () => {
			[last] = await client.send<TestRun[]>('GET', runs);
			return last !== undefined && !['new', 'running'].includes(last.status);
		});
		expect(last).toMatchObject({ status: 'completed', metrics: { pictures: 1 } });
		expect(simulator.runs).toHaveLength(2);
	});
});
