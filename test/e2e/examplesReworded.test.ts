import { fillIn } from '../../scripts/demoExamples';
import { readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import { startScriptedModel, type ScriptedModel } from '../../simulator/scriptedModel';
import type { Simulator } from '../../simulator/simulator';
import { expectSuccess, itemsOf, useSimulator } from './support';
import { describeWith } from './versions';

jest.setTimeout(240_000);

const name = 'reword-a-refused-prompt-once';
const refused = 'A lunch box with a famous film superhero on its lid, morning light';
const reworded = 'A lunch box with a cheerful hero in a cape on its lid, morning light';

let client: N8nClient;
let simulator: Simulator;
let model: ScriptedModel;
let credentialId: string;
let workflowId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 300 });

beforeAll(async () => {
	model = await startScriptedModel(() => ({ text: `${reworded}\n` }));
	const { id } = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'Chat model',
		type: 'openAiApi',
		data: { apiKey: 'scripted', url: `${model.url}/v1` },
	});
	workflowId = await client.createWorkflow(
		fillIn(readExample(name), { chatCredentialId: id, callbacksAt: null }),
		credentialId,
	);
});

beforeEach(() => {
	model.requests.length = 0;
});

afterAll(async () => await model.close());

const prompts = () => simulator.runs.map(({ request }) => request.input.prompt);

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('rewords the prompt that is refused, draws it again and lets the others through', async () => {
		simulator.misbehave({ do: 'refuse-prompt', match: 'superhero' });
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(prompts()).toHaveLength(4);
		expect(prompts().at(-1)).toBe(reworded);
		expect(model.requests).toHaveLength(1);
		expect(model.requests[0]?.messages.at(-1)?.content).toContain(`Prompt: ${refused}`);
		expect(model.requests[0]?.messages.at(-1)?.content).toContain('rejected by the safety system');

		const sent = execution.data.resultData.runData['Send the files on'] ?? [];
		const files = sent.flatMap(({ data }) => data?.main?.[0] ?? []);
		expect(files.map(({ json }) => json.prompt)).toContain(reworded);
		expect(files.filter(({ binary }) => binary?.data)).toHaveLength(3);
		expect(itemsOf(execution, 'Say what is missing')).toEqual([]);
	});

	it('asks the model once only, and says both prompts when the new one is refused as well', async () => {
		simulator.misbehave({ do: 'refuse-prompt', match: 'superhero' });
		simulator.misbehave({ do: 'refuse-prompt', match: 'cape' });
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(prompts()).toHaveLength(4);
		expect(model.requests).toHaveLength(1);
		expect(itemsOf(execution, 'Say what is missing').map(({ json }) => json)).toEqual([
			{ prompt: refused, reworded, reason: expect.stringContaining('safety system') },
		]);
	});

	it('rewords nothing when a picture fails for another reason', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'superhero' });
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(model.requests).toHaveLength(0);
		expect(itemsOf(execution, 'Say what is missing').map(({ json }) => json)).toEqual([
			{ prompt: refused, reworded: null, reason: expect.stringContaining('did not deliver') },
		]);
	});
});
