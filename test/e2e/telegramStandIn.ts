import Fastify, { type FastifyRequest } from 'fastify';

/** One request of a bot, as Telegram's Bot API has it: a method and its fields. */
export interface BotCall {
	method: string;
	fields: Record<string, unknown>;
	/** The photo of a `sendPhoto`. */
	photo?: File;
}

/** A stand-in for Telegram at its URL. */
export interface TelegramStandIn {
	url: string;
	/** Every request it got for that bot. */
	calls: BotCall[];
	/** Delivers a message to the webhook that the bot registered, and returns the status of the answer. Throws where there is none. */
	deliver: (message: object) => Promise<number>;
	close: () => Promise<void>;
}

/** Starts a stand-in for Telegram on loopback that knows one bot. It refuses other tokens, as Telegram does. */
export async function startTelegram(token: string): Promise<TelegramStandIn> {
	const calls: BotCall[] = [];
	const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });
	app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) =>
		done(null, body),
	);
	app.post<{ Params: { bot: string; method: string } }>('/:bot/:method', async (request, reply) => {
		const { bot, method } = request.params;
		if (bot !== `bot${token}`) {
			return await reply
				.code(401)
				.send({ ok: false, error_code: 401, description: 'Unauthorized' });
		}
		calls.push({ method, ...(await contentOf(request)) });
		return { ok: true, result: method === 'getWebhookInfo' ? { url: '' } : true };
	});
	const url = await app.listen({ host: '127.0.0.1', port: 0 });

	const deliver = async (message: object) => {
		const webhook = calls.filter(({ method }) => method === 'setWebhook').at(-1)?.fields;
		if (!webhook) throw new Error('the bot has no webhook');
		const answer = await fetch(String(webhook.url), {
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				'x-telegram-bot-api-secret-token': String(webhook.secret_token),
			},
			body: JSON.stringify({ update_id: 1, message }),
		});
		return answer.status;
	};
	return { url, calls, deliver, close: async () => await app.close() };
}

async function contentOf({
	body,
	headers,
}: FastifyRequest): Promise<Pick<BotCall, 'fields' | 'photo'>> {
	if (!Buffer.isBuffer(body)) return { fields: { ...(body as object) } };
	const type = String(headers['content-type']);
	const form = await new Response(body, { headers: { 'content-type': type } }).formData();
	const { photo, ...fields } = Object.fromEntries(form);
	return { fields, ...(photo instanceof File && { photo }) };
}
