import type { FastifyInstance } from 'fastify';

/** A picture that was handed over, before or after it was posted. */
export interface Container {
	id: string;
	account: string;
	caption: string;
	altText: string;
	/** Where the picture was found, and what was found there. */
	picture: { url: string; bytes: Buffer };
	posted: boolean;
}

/** What the stand-in for Facebook's Graph API knows and was told. */
export interface Graph {
	token: string;
	/** The pages that the token sees, as the API lists them. */
	pages: object[];
	containers: Container[];
	/** How many more times it says that a container is not ready. */
	notReady: number;
}

interface Call {
	Params: { id: string };
	Querystring: Record<string, string>;
}

/** The routes of a stand-in for the part of the Graph API that posts pictures on Instagram. */
export function graphRoutes(app: FastifyInstance, graph: Graph): void {
	const constraints = { host: 'graph.facebook.com' };
	const refusal = (code: number, message: string) => ({ error: { message, code } });
	app.addHook('onRequest', async ({ query, headers }, reply) => {
		if (headers.host !== constraints.host) return;
		if ((query as Call['Querystring']).access_token === graph.token) return;
		await reply.code(400).send(refusal(190, 'Invalid OAuth access token.'));
	});
	app.get<Call>('/v23.0/me/accounts', { constraints }, ({ query }) => {
		const fields = query.fields?.split(',') ?? [];
		const shown = (page: object) =>
			Object.fromEntries(Object.entries(page).filter(([field]) => fields.includes(field)));
		return { data: graph.pages.map(shown) };
	});
	app.post<Call>('/v23.0/:id/media', { constraints }, async ({ params, query }, reply) => {
		const url = query.image_url ?? '';
		const file = await fetch(url).catch(() => null);
		if (!file?.ok || file.headers.get('content-type') !== 'image/jpeg')
			return await reply.code(400).send(refusal(9004, 'The media could not be fetched.'));
		const container: Container = {
			id: `container-${graph.containers.length}`,
			account: params.id,
			caption: query.caption ?? '',
			altText: query.alt_text ?? '',
			picture: { url, bytes: Buffer.from(await file.arrayBuffer()) },
			posted: false,
		};
		graph.containers.push(container);
		return { id: container.id };
	});
	app.post<Call>('/v23.0/:id/media_publish', { constraints }, async ({ params, query }, reply) => {
		const found = graph.containers.find(({ id }) => id === query.creation_id);
		if (found?.account !== params.id || found.posted)
			return await reply.code(400).send(refusal(100, 'The media could not be found.'));
		if (graph.notReady > 0) {
			graph.notReady -= 1;
			return await reply.code(400).send(refusal(9007, 'Media ID is not available.'));
		}
		found.posted = true;
		return { id: '18001' };
	});
}
