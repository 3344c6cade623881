import { readExample } from '../../scripts/examples';
import type { Execution, N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import {
	startScriptedModel,
	type ChatMessage,
	type Reply,
	type ScriptedModel,
} from '../../simulator/scriptedModel';
import { connect, credentialFor, expectSuccess, itemsOf } from './support';

jest.setTimeout(240_000);

const draws = 'Draw_a_picture';
const edits = 'Edit_a_picture';

/** A model that draws in the first turn and edits in the second, by the run id that stands in the chat. */
function script(messages: ChatMessage[]): Reply {
	const last = messages.at(-1);
	const said = last?.content ?? '';
	if (last?.role === 'tool') {
		const url = /"url":"([^"]+)"/.exec(said)?.[1] ?? 'none';
		const runId = /"run_id":"([^"]+)"/.exec(said)?.[1] ?? 'none';
		return { text: `![the picture](${url})\nRun: ${runId}` };
	}
	if (said.includes('Draw')) return { tool: draws, input: { Prompt: 'A lighthouse at noon' } };
	const answers = messages.filter(({ role }) => role === 'assistant');
	const runId = /Run: (\S+)/.exec(answers.at(-1)?.content ?? '')?.[1];
	return { tool: edits, input: { Prompt: 'Make it night', Run_ID: runId } };
}

let client: N8nClient;
let simulator: Simulator;
let model: ScriptedModel;
let workflowId: string;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	model = await startScriptedModel(script);
	const chatCredential = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'Chat model',
		type: 'openAiApi',
		data: { apiKey: 'scripted', url: `${model.url}/v1` },
	});
	const example = readExample('chat-with-an-agent-that-draws-and-edits');
	const nodes = example.nodes.map((node) =>
		node.name === 'Chat model, any works'
			? { ...node, credentials: { openAiApi: { id: chatCredential.id, name: 'Chat model' } } }
			: node,
	);
	workflowId = await client.createWorkflow(
		{ ...example, nodes },
		await credentialFor(client, simulator),
	);
});

beforeEach(() => simulator.behave());

afterAll(async () => {
	await simulator.close();
	await model.close();
});

/** Sends a message in the editor's chat, and returns the execution it started. */
async function say(chatInput: string, sessionId: string): Promise<Execution> {
	const workflowData = await client.send('GET', `/rest/workflows/${workflowId}`);
	const json = { action: 'sendMessage', chatInput, sessionId };
	const data = {
		startTime: Date.now(),
		executionTime: 0,
		executionIndex: 0,
		executionStatus: 'success',
		source: [],
		data: { main: [[{ json }]] },
	};
	const { executionId } = await client.send<{ executionId: string }>(
		'POST',
		`/rest/workflows/${workflowId}/run`,
		{ workflowData, triggerToStartFrom: { name: 'When a message arrives', data } },
	);
	return await client.finished(executionId);
}

const answerOf = (execution: Execution) =>
	String(itemsOf(execution, 'Draw and edit')[0]?.json.output);

describe('the example chat-with-an-agent-that-draws-and-edits', () => {
	it('draws in the first turn, and edits that picture in the second', async () => {
		const first = await say('Draw a lighthouse at noon.', 'one');
		expectSuccess(first);
		const [drawn] = simulator.runs;
		expect(answerOf(first)).toContain(`Run: ${drawn?.id}`);
		expect(model.requests[0]?.tools.sort()).toEqual([draws, edits]);

		const second = await say('Make it night.', 'one');
		expectSuccess(second);
		const edited = simulator.runs[1];
		expect(simulator.runs).toHaveLength(2);
		expect(edited?.model).toContain('edit');
		expect(edited?.request.input.prompt).toBe('Make it night');
		const [input] = edited?.request.input.image_urls as string[];
		expect(new URL(input ?? '').pathname).toBe(`/files/${drawn?.id}/0/result.png`);
		expect(answerOf(second)).toContain(`/files/${edited?.id}/0/result.png`);
	});

	it('hears why a picture failed', async () => {
		simulator.misbehave({ do: 'refuse-create', status: 402 });
		expectSuccess(await say('Draw a whale.', 'two'));
		expect(model.requests.at(-1)?.messages.at(-1)?.content).toContain('enough credit');
	});
});
