import { readExample } from '../../scripts/examples';
import type { Execution, ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { withAccount } from './accounts';
import { connect, credentialFor, expectSuccess, until } from './support';
import { startTelegram, type TelegramStandIn } from './telegramStandIn';
import { describeWith } from './versions';

jest.setTimeout(240_000);

const name = 'send-a-picture-back-on-telegram';
const token = '12345:scripted';
const friend = 4711;
const stranger = 4712;

let client: N8nClient;
let simulator: Simulator;
let telegram: TelegramStandIn;
let workflowId: string;
/** How many messages were delivered: each starts an execution. */
let delivered = 0;

/** The example with the chats that may draw, as its first note says. */
function withChats(example: ExportedWorkflow, chats: string): ExportedWorkflow {
	const assignments = [{ id: '1', name: 'chat_numbers', value: chats, type: 'string' }];
	const nodes = example.nodes.map((node) =>
		node.name === 'Who may draw'
			? { ...node, parameters: { ...node.parameters, assignments: { assignments } } }
			: node,
	);
	return { ...example, nodes };
}

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	telegram = await startTelegram(token);
	const example = await withAccount(client, withChats(readExample(name), `17, ${friend}`), {
		type: 'telegramApi',
		data: { accessToken: token, baseUrl: telegram.url },
		nodeTypes: ['n8n-nodes-base.telegram', 'n8n-nodes-base.telegramTrigger'],
	});
	workflowId = await client.createWorkflow(example, await credentialFor(client, simulator));
	await client.activate(workflowId);
});

beforeEach(() => {
	simulator.behave();
	simulator.runs.length = 0;
});

afterAll(async () => {
	await simulator.close();
	await telegram.close();
});

/** Writes to the bot, and returns the ended execution and what the bot did. */
async function write(chat: number, content: object) {
	const before = telegram.calls.length;
	const message = {
		message_id: 90 + delivered,
		from: { id: chat },
		chat: { id: chat },
		...content,
	};
	await until(async () => (await telegram.deliver(message)) === 200);
	delivered += 1;
	const executions = async () => await listExecutions(client, { workflowId });
	await until(async () => (await executions()).length >= delivered);
	const [newest] = await executions();
	const execution: Execution = await client.finished(String(newest?.id));
	return { execution, message, calls: telegram.calls.slice(before) };
}

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('registers its webhook for messages alone', () => {
		const { fields } = telegram.calls.find(({ method }) => method === 'setWebhook') ?? {};
		expect(fields?.allowed_updates).toEqual(['message']);
	});

	it('answers an idea with its picture', async () => {
		const { execution, message, calls } = await write(friend, { text: 'A red kite_over *hills*' });
		expectSuccess(execution);
		expect(simulator.runs.map(({ request }) => request.input)).toMatchObject([
			{ prompt: 'A red kite_over *hills*', output_format: 'jpeg', num_images: 1 },
		]);
		const [coming, picture] = calls;
		expect(calls.map(({ method }) => method)).toEqual(['sendMessage', 'sendPhoto']);
		expect(coming?.fields).toMatchObject({
			chat_id: friend,
			text: expect.stringMatching(/minute/),
		});
		expect(coming?.fields.text).not.toContain('n8n');
		expect(picture?.fields).toMatchObject({
			chat_id: String(friend),
			reply_to_message_id: String(message.message_id),
		});
		expect(picture?.photo?.type).toBe('image/jpeg');
		expect(picture?.photo?.name).toMatch(/\.jpg$/);
		const bytes = Buffer.from(await (picture?.photo ?? new Blob([])).arrayBuffer());
		expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
	});

	it('tells a stranger the number of the chat, and draws nothing', async () => {
		const { execution, calls } = await write(stranger, { text: 'A red kite' });
		expectSuccess(execution);
		expect(calls.map(({ method, fields }) => [method, fields.chat_id])).toEqual([
			['sendMessage', stranger],
		]);
		expect(calls[0]?.fields.text).toContain(`number is ${stranger}`);
		expect(simulator.runs).toHaveLength(0);
	});

	it.each([
		['a command', { text: '/start' }],
		['a photo without words', { photo: [{ file_id: 'x' }] }],
	])('explains itself on %s, and draws nothing', async (_what, content) => {
		const { execution, calls } = await write(friend, content);
		expectSuccess(execution);
		expect(calls.map(({ fields }) => fields.text)).toEqual([
			expect.stringMatching(/^Describe a picture/),
		]);
		expect(simulator.runs).toHaveLength(0);
	});

	it('apologizes without details when the run fails, and reports the reason', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed' });
		const { execution, calls } = await write(friend, { text: 'A red kite' });
		const apology = calls.at(-1);
		expect(calls.map(({ method }) => method)).toEqual(['sendMessage', 'sendMessage']);
		expect(apology?.fields.text).toContain(simulator.runs[0]?.id);
		expect(apology?.fields.text).not.toMatch(/provider|deliver/);
		expect(execution.status).toBe('error');
		expect(execution.data.resultData.lastNodeExecuted).toBe('Report the failure');
		expect(execution.data.resultData.error?.message).toContain('did not deliver');
	});
});
