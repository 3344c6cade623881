import { fillIn } from '../../scripts/demoExamples';
import { answerInDemo } from '../../scripts/demoModel';
import { readExample } from '../../scripts/examples';
import type { Execution, N8nClient } from '../../scripts/n8n/client';
import { startScriptedModel, type ScriptedModel } from '../../simulator/scriptedModel';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, executeWith, expectSuccess, itemsOf } from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let model: ScriptedModel;
let workflowId: string;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	model = await startScriptedModel(answerInDemo);
	const chatCredential = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'Chat model',
		type: 'openAiApi',
		data: { apiKey: 'scripted', url: `${model.url}/v1` },
	});
	const example = fillIn(readExample('chat-with-an-agent-that-draws-and-edits'), {
		chatCredentialId: chatCredential.id,
		callbacksAt: null,
	});
	workflowId = await client.createWorkflow(example, await credentialFor(client, simulator));
});

beforeEach(() => simulator.behave());

afterAll(async () => {
	await simulator.close();
	await model.close();
});

/** Sends a message in the editor's chat, and returns the execution it started. */
const say = async (chatInput: string, sessionId: string) =>
	await executeWith(client, workflowId, 'When a message arrives', {
		action: 'sendMessage',
		chatInput,
		sessionId,
	});

const answerOf = (execution: Execution) =>
	String(itemsOf(execution, 'Draw and edit')[0]?.json.output);

describe('the example chat-with-an-agent-that-draws-and-edits', () => {
	it('draws in the first turn, and edits that picture in the second', async () => {
		const first = await say('Draw a lighthouse at noon.', 'one');
		expectSuccess(first);
		const [drawn] = simulator.runs;
		expect(answerOf(first)).toContain(`Run: ${drawn?.id}`);
		expect(model.requests[0]?.tools.map(({ name }) => name).sort()).toEqual([
			'Draw_a_picture',
			'Edit_a_picture',
		]);

		const second = await say('Make it night.', 'one');
		expectSuccess(second);
		const edited = simulator.runs[1];
		expect(simulator.runs).toHaveLength(2);
		expect(edited?.model).toContain('edit');
		expect(edited?.request.input.prompt).toBe('Make it night.');
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
