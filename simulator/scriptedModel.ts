import { randomUUID } from 'node:crypto';

import Fastify from 'fastify';

/** A message of a chat, as OpenAI's API has it. */
export interface ChatMessage {
	role: string;
	content: string | null;
}

/** A call of a tool, by its name. */
export interface ToolCall {
	tool: string;
	input: object;
}

/** A tool that a model is offered; its parameters as a JSON schema. */
export interface OfferedTool {
	name: string;
	parameters: { properties?: object };
}

/** What the model does next: it calls tools, or says something. */
export type Reply = { calls: ToolCall[] } | { text: string };

/** What the model got: the chat so far, and the tools that it was offered. */
export interface ChatRequest {
	messages: ChatMessage[];
	tools: OfferedTool[];
}

/** A chat model at its URL. */
export interface ScriptedModel {
	url: string;
	requests: ChatRequest[];
	close: () => Promise<void>;
}

interface SentRequest {
	messages: ChatMessage[];
	tools?: Array<{ function: OfferedTool }>;
}

/** Starts a chat model on loopback whose replies a script decides. */
export async function startScriptedModel(
	script: (request: ChatRequest) => Reply,
): Promise<ScriptedModel> {
	const requests: ChatRequest[] = [];
	const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });
	app.post<{ Body: SentRequest }>('/v1/chat/completions', async ({ body }) => {
		const tools = (body.tools ?? []).map((tool) => tool.function);
		const request = { messages: body.messages, tools };
		requests.push(request);
		const reply = script(request);
		const isCall = 'calls' in reply;
		const message = isCall
			? { role: 'assistant', content: null, tool_calls: reply.calls.map(asSent) }
			: { role: 'assistant', content: reply.text };
		return {
			id: 'chat-1',
			object: 'chat.completion',
			created: 0,
			model: 'scripted',
			choices: [{ index: 0, message, finish_reason: isCall ? 'tool_calls' : 'stop' }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return { url, requests, close: async () => await app.close() };
}

function asSent({ tool, input }: ToolCall) {
	return {
		id: `call_${randomUUID()}`,
		type: 'function',
		function: { name: tool, arguments: JSON.stringify(input) },
	};
}
