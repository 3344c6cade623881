import type { N8nClient } from '../../scripts/n8n/client';
import {
	startScriptedModel,
	type ChatRequest,
	type Reply,
	type ScriptedModel,
} from '../../simulator/scriptedModel';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, expectSuccess, goldenWorkflow, itemsOf } from './support';
import { hasFeature } from './versions';

jest.setTimeout(120_000);

/** A model that first calls its tool this often at once, then repeats what the tool said. */
let callsAtOnce = 1;
const asksForALighthouse = ({ messages, tools: [tool] }: ChatRequest): Reply => {
	const said = messages.find(({ role }) => role === 'tool')?.content;
	if (said) return { text: `The tool says: ${said}` };
	const call = { tool: tool?.name ?? '', input: { Prompt: 'a lighthouse' } };
	return { calls: Array.from({ length: callsAtOnce }, () => call) };
};

let client: N8nClient;
let simulator: Simulator;
let model: ScriptedModel;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	model = await startScriptedModel(asksForALighthouse);
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
			expect(model.requests[0]?.tools[0]).toMatchObject({
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
		callsAtOnce = 2;
		const { execution } = await ask();
		callsAtOnce = 1;
		expectSuccess(execution);
		expect(execution.data.resultData.runData['GPT Image 2']).toHaveLength(2);
		expect(simulator.runs.length - before).toBe(1);
	});
});
