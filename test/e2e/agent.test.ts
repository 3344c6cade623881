import Fastify from 'fastify';

import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, expectSuccess, goldenWorkflow, itemsOf } from './support';
import { hasFeature } from './versions';

jest.setTimeout(120_000);

interface ChatRequest {
	messages: Array<{ role: string; content: string }>;
	tools?: Array<{ function: { name: string; description: string; parameters: object } }>;
}

/** A chat model that first calls the tool it was given, then repeats what the tool said. */
async function startChatModel() {
	const requests: ChatRequest[] = [];
	const habits = { callsAtOnce: 1 };
	const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });
	app.post<{ Body: ChatRequest }>('/v1/chat/completions', async ({ body }) => {
		requests.push(body);
		const said = body.messages.find(({ role }) => role === 'tool')?.content;
		const calls = Array.from({ length: habits.callsAtOnce }, (_, number) => ({
			id: `call_${number}`,
			type: 'function',
			function: {
				name: body.tools?.[0]?.function.name,
				arguments: JSON.stringify({ Prompt: 'a lighthouse' }),
			},
		}));
		const message = said
			? { role: 'assistant', content: `The tool says: ${said}` }
			: { role: 'assistant', content: null, tool_calls: calls };
		return {
			id: 'chat-1',
			object: 'chat.completion',
			created: 0,
			model: 'stub',
			choices: [{ index: 0, message, finish_reason: said ? 'stop' : 'tool_calls' }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return { url, requests, habits, close: async () => await app.close() };
}

let client: N8nClient;
let simulator: Simulator;
let model: Awaited<ReturnType<typeof startChatModel>>;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	model = await startChatModel();
});

afterAll(async () => {
	await simulator.close();
	await model.close();
});

async function ask() {
	const runflow = await credentialFor(client, simulator);
	const openAi = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'Stub',
		type: 'openAiApi',
		data: { apiKey: 'stub', url: `${model.url}/v1` },
	});
	const golden = goldenWorkflow('agent');
	const nodes = golden.nodes.map((node) =>
		node.name === 'Model'
			? { ...node, credentials: { openAiApi: { id: openAi.id, name: 'Stub' } } }
			: node,
	);
	const execution = await client.executeToEnd(
		await client.createWorkflow({ ...golden, nodes }, runflow),
	);
	return { execution, answer: String(itemsOf(execution, 'Agent')[0]?.json.output) };
}

describe("the node as a tool of n8n's AI agent", () => {
	it('makes a picture, and the agent answers with its URL', async () => {
		const { execution, answer } = await ask();
		expectSuccess(execution);
		if (hasFeature('a schema of tools with fields that the agent fills in')) {
			expect(model.requests[0]?.tools?.[0]?.function).toMatchObject({
				parameters: { properties: { Prompt: { type: 'string' } } },
			});
		}
		expect(simulator.runs.map(({ request }) => request.input.prompt)).toEqual(['a lighthouse']);
		expect(answer).toContain(`${simulator.url}/files/${simulator.runs[0]?.id}/0/result.png`);
		expect(answer).not.toContain('base64');
	});

	it('reports a failure in words that the agent can act on', async () => {
		simulator.misbehave({ do: 'refuse-create', status: 402 });
		const { execution, answer } = await ask();
		expectSuccess(execution);
		expect(answer).toContain('The Runflow account does not have enough credit');
		expect(answer).toContain('Top up the account');
	});

	it('pays once when the model asks for the same picture twice at the same moment', async () => {
		const before = simulator.runs.length;
		model.habits.callsAtOnce = 2;
		const { execution } = await ask();
		model.habits.callsAtOnce = 1;
		expectSuccess(execution);
		expect(execution.data.resultData.runData['GPT Image 2']).toHaveLength(2);
		expect(simulator.runs.length - before).toBe(1);
	});
});
