import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, goldenWorkflow, until } from './support';

jest.setTimeout(120_000);

interface ToolResult {
	isError?: boolean;
	content: Array<{ type: string; text: string }>;
}

/** A small MCP client over streamable HTTP. */
class McpClient {
	private session: string | null = null;

	private lastId = 0;

	constructor(private readonly url: string) {}

	/** Opens a session, once n8n has put the URL into service. */
	async open(): Promise<void> {
		const clientInfo = { name: 'e2e', version: '1' };
		const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo };
		await until(async () => (await this.post('initialize', params)).ok);
		await this.post('notifications/initialized', undefined, true);
	}

	/** Calls a method and returns its result. */
	async call<T>(method: string, params: object): Promise<T> {
		const text = await (await this.post(method, params)).text();
		const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
		return (JSON.parse(data) as { result: T }).result;
	}

	private async post(method: string, params?: object, isNotification = false): Promise<Response> {
		const id = isNotification ? {} : { id: (this.lastId += 1) };
		const answer = await fetch(this.url, {
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				accept: 'application/json, text/event-stream',
				...(this.session !== null && { 'mcp-session-id': this.session }),
			},
			body: JSON.stringify({ jsonrpc: '2.0', ...id, method, params }),
		});
		this.session ??= answer.headers.get('mcp-session-id');
		return answer;
	}
}

let client: N8nClient;
let simulator: Simulator;
let mcp: McpClient;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	const credential = await credentialFor(client, simulator);
	const id = await client.createWorkflow(goldenWorkflow('mcp'), credential);
	await client.activate(id);
	mcp = new McpClient(`${process.env.E2E_N8N_URL}/mcp/e2e-mcp`);
	await mcp.open();
});

afterAll(async () => await simulator.close());

const draw = async (prompt: string) =>
	await mcp.call<ToolResult>('tools/call', {
		name: 'GPT_Image_2',
		arguments: { Prompt: prompt },
	});

describe("the node as a tool of n8n's MCP Server Trigger", () => {
	it('makes a picture and answers with its URL', async () => {
		const { tools } = await mcp.call<{ tools: Array<{ name: string }> }>('tools/list', {});
		expect(tools.map(({ name }) => name)).toEqual(['GPT_Image_2']);
		const { isError, content } = await draw('a lighthouse');
		expect(isError).toBeUndefined();
		const [run] = simulator.runs;
		expect(content[0]?.text).toContain(`${simulator.url}/files/${run?.id}/0/result.png`);
	});

	it('flags a failure as an error, with all that the model needs to act on it', async () => {
		simulator.misbehave({ do: 'refuse-create', status: 402 });
		const { isError, content } = await draw('a lighthouse');
		expect(isError).toBe(true);
		expect(content[0]?.text).toContain('The Runflow account does not have enough credit');
		expect(content[0]?.text).toContain('Top up the account');
	});

	it('never takes the run of another call for its own', async () => {
		const before = simulator.runs.length;
		await draw('a harbour');
		simulator.misbehave({ do: 'drop-create' });
		const { isError, content } = await draw('a bridge');
		expect(isError).toBeUndefined();
		const runs = simulator.runs.slice(before);
		expect(runs.map(({ request }) => request.input.prompt)).toEqual(['a harbour', 'a bridge']);
		expect(content[0]?.text).toContain(runs[1]?.id);
		expect(new Set(runs.map(({ request }) => request.client_ref)).size).toBe(2);
	});
});
