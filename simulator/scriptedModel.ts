import Fastify from 'fastify';

/** A message of a chat, as OpenAI's API has it. */
export interface ChatMessage {
	role: string;
	content: string | null;
}

/** What the model does next: it calls one tool, or says something. */
export type Reply = { tool: string; input: object } | { text: string };

/** A chat model at its URL. */
export interface ScriptedModel {
	url: string;
	/** Every request it got: the chat so far, and the names of the tools it was offered. */
	requests: Array<{ messages: ChatMessage[]; tools: string[] }>;
	close: () => Promise<void>;
}

interface ChatRequest {
	messages: ChatMessage[];
	tools?: Array<{ function: { name: string } }>;
}

/** Starts a chat model on loopback whose replies a script decides. */
export async function startScriptedModel(
	script: (messages: ChatMessage[]) => Reply,
): Promise<ScriptedModel> {
	const requests: ScriptedModel['requests'] = [];
	const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });
	app.post<{ Body: ChatRequest }>('/v1/chat/completions', async ({ body }) => {
		requests.push({
			messages: body.messages,
			tools: (body.tools ?? []).map((tool) => tool.function.name),
		});
		const reply = script(body.messages);
		const isCall = 'tool' in reply;
		const message = isCall
			? { role: 'assistant', content: null, tool_calls: [toolCall(reply, requests.length)] }
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

function toolCall({ tool, input }: { tool: string; input: object }, number: number) {
	return {
		id: `call_${number}`,
		type: 'function',
		function: { name: tool, arguments: JSON.stringify(input) },
	};
}
