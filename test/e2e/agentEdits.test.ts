import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import {
	startScriptedModel,
	type ChatMessage,
	type ChatRequest,
	type Reply,
	type ScriptedModel,
	type ToolCall,
} from '../../simulator/scriptedModel';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, goldenWorkflow } from './support';
import { hasFeature } from './versions';

jest.setTimeout(120_000);

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** What the model knows of earlier pictures: the last run that a tool told it of. */
function lastRunId(messages: ChatMessage[]): string | undefined {
	const said = messages.map(({ content }) => content ?? '').reverse();
	return said.map((text) => new RegExp(`run_id\\W+(${uuid.source})`).exec(text)?.[1]).find(Boolean);
}

/**
 * A chat model that draws what it is asked for, and edits the last picture when it is asked to make it blue.
 * It knows the run of that picture from nothing but the conversation, and repeats what a tool said.
 */
function drawsAndEdits({ messages, tools }: ChatRequest): Reply {
	const last = messages.at(-1);
	if (last?.role === 'tool') return { text: `Here it is: ${last.content}` };
	const wantsBlue = last?.content?.includes('blue') ?? false;
	const tool = tools.find(({ name }) => name.startsWith(wantsBlue ? 'Edit' : 'Draw'))?.name;
	const input = { Prompt: last?.content, ...(wantsBlue && { Run_ID: lastRunId(messages) }) };
	const call = { tool: tool ?? '', input };
	calls.push(call);
	return { calls: [call] };
}

let calls: ToolCall[];
let client: N8nClient;
let simulator: Simulator;
let model: ScriptedModel;

beforeAll(async () => {
	client = await connect();
});

beforeEach(async () => {
	simulator = await startSimulator({ runTime: 300 });
	calls = [];
	model = await startScriptedModel(drawsAndEdits);
});

afterEach(async () => {
	await simulator.close();
	await model.close();
});

/** Publishes the chat; the returned function says something in it and returns the answer. */
async function openChat(number: number, change: (node: Node) => Node = (node) => node) {
	const runflow = await credentialFor(client, simulator);
	const openAi = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'Stub',
		type: 'openAiApi',
		data: { apiKey: 'stub', url: `${model.url}/v1` },
	});
	const golden = goldenWorkflow('agent-draws-and-edits');
	const webhookId = `f1c5a1de-5555-4a4a-8a8a-${String(number).padStart(12, '0')}`;
	const nodes = golden.nodes.map(change).map((node) => ({
		...node,
		...(node.name === 'Chat' && { webhookId }),
		...(node.name === 'Model' && { credentials: { openAiApi: { id: openAi.id, name: 'Stub' } } }),
	}));
	await client.activate(await client.createWorkflow({ ...golden, nodes }, runflow));
	return async (chatInput: string): Promise<string> => {
		const answer = await fetch(`${process.env.E2E_N8N_URL}/webhook/${webhookId}/chat`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ action: 'sendMessage', sessionId: `s${number}`, chatInput }),
		});
		return await answer.text();
	};
}

type Node = ExportedWorkflow['nodes'][number];

describe("n8n's AI agent with a tool that draws and one that edits", () => {
	it('edits in its second turn the picture of its first, by the run ID it was told', async () => {
		const say = await openChat(1);
		expect(await say('draw a red lighthouse')).toContain(`/files/${simulator.runs[0]?.id}/0/`);
		const answer = await say('make it blue');

		const [drawn, edited] = simulator.runs;
		expect(calls).toEqual([
			{ tool: 'Draw_a_picture', input: { Prompt: 'draw a red lighthouse' } },
			{ tool: 'Edit_a_picture', input: { Prompt: 'make it blue', Run_ID: drawn?.id } },
		]);
		const edit = model.requests[0]?.tools.find(({ name }) => name === 'Edit_a_picture');
		if (hasFeature('a schema of tools with fields that the agent fills in')) {
			expect(Object.keys(edit?.parameters.properties ?? {})).toContain('Run_ID');
		}
		expect(edited).toMatchObject({ model: 'openai/gpt-image-2/edit', end: 'succeeded' });
		expect(edited?.request.input.image_urls).toEqual([
			expect.stringContaining(`/files/${drawn?.id}/0/`),
		]);
		expect(answer).toContain(`/files/${edited?.id}/0/`);
		expect(simulator.runs).toHaveLength(2);
		expect(simulator.assets).toEqual([]);
	});

	it('hears in words that it can act on that there is no such run', async () => {
		const say = await openChat(2);
		const answer = await say('make run_id 01970c11-2222-7333-8444-555566667777 blue');
		expect(answer).toContain(
			"'Run ID' names run 01970c11-2222-7333-8444-555566667777, which was not found",
		);
		expect(simulator.runs).toEqual([]);
	});

	it('reads a run by an ID that the model fills into a field saved as plain text', async () => {
		const parameters = {
			resource: 'run',
			operation: 'get',
			runId: "={{ $fromAI('Run_ID', ``, 'string') }}",
		};
		const say = await openChat(3, (node) =>
			node.name === 'Edit a picture' ? { ...node, parameters } : node,
		);
		await say('draw a red lighthouse');
		expect(await say('was it blue?')).toContain(`/files/${simulator.runs[0]?.id}/0/`);
		expect(simulator.runs).toHaveLength(1);
	});
});
