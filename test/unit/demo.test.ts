import { fillIn } from '../../scripts/demoExamples';
import { answerInDemo } from '../../scripts/demoModel';
import { examples, readExample } from '../../scripts/examples';
import type { ChatMessage } from '../../simulator/scriptedModel';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const tool = (content: string): ChatMessage => ({ role: 'tool', content });

const drawn = [user('Draw a lighthouse'), assistant('![The picture](x)\n\nRun: run-1')];

describe('the model of the demo', () => {
	it.each([
		['draws what is asked for', [user('A lighthouse')], { calls: [{ tool: 'Draw_a_picture' }] }],
		[
			'draws anew when told so',
			[...drawn, user('Draw a whale')],
			{ calls: [{ tool: 'Draw_a_picture' }] },
		],
		[
			'edits the picture that came last',
			[...drawn, assistant('![The picture](y)\n\nRun: run-2'), user('Make it night')],
			{ calls: [{ tool: 'Edit_a_picture', input: { Prompt: 'Make it night', Run_ID: 'run-2' } }] },
		],
		[
			'shows the picture and names its run',
			[...drawn, tool('[{"url":"https://pictures/1","run_id":"run-3"}]')],
			{ text: '![The picture](https://pictures/1)\n\nRun: run-3' },
		],
		[
			'says what a tool said when there is no picture',
			[...drawn, tool('The account does not have enough credit')],
			{ text: expect.stringContaining('enough credit') },
		],
	])('%s', (_what, messages, reply) => {
		expect(answerInDemo({ messages, tools: [] })).toMatchObject(reply);
	});

	it("rewords the prompt of the example that Runflow's stand-in refuses", () => {
		const { nodes } = readExample('reword-a-refused-prompt-once');
		const code = nodes.map(({ parameters }) => String(parameters.jsCode ?? '')).join('');
		const refused = code.split("'").find((line) => line.includes('superhero'));
		const reply = answerInDemo({
			messages: [user(`Prompt: ${refused}\nWhy it was refused: …`)],
			tools: [],
		});
		expect(reply).toEqual({ text: expect.stringMatching(/^A lunch box with .*, morning light$/) });
		expect(reply).not.toEqual({ text: expect.stringContaining('superhero') });
	});
});

describe('the examples in the demo', () => {
	const settings = { chatCredentialId: 'chat-1', callbacksAt: 'http://n8n' };
	const filled = examples.map(({ name }) => fillIn(readExample(name), settings));
	const nodes = filled.flatMap((workflow) => workflow.nodes);

	it('have the credential of every chat model in place', () => {
		const models = nodes.filter(({ type }) => /\.lmChat/.test(type));
		expect(models.map(({ credentials }) => credentials?.openAiApi?.id)).toEqual(
			models.map(() => 'chat-1'),
		);
		expect(models.length).toBeGreaterThan(0);
	});

	it('have the callback URL of their own trigger filled in, where Runflow can reach it', () => {
		const urlsIn = (list: typeof nodes) =>
			JSON.stringify(list).match(/"callback_url","value":"[^"]*"/g) ?? [];
		const trigger = nodes.find(({ type }) => type.endsWith('.gptImage2Trigger'));
		expect(urlsIn(nodes)).toEqual([
			`"callback_url","value":"http://n8n/webhook/${trigger?.webhookId}/runflow"`,
		]);
		const unreachable = { ...settings, callbacksAt: null };
		expect(urlsIn(fillIn(readExample('fire-and-collect'), unreachable).nodes)).toEqual([
			'"callback_url","value":""',
		]);
	});
});
