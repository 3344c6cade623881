import Fastify from 'fastify';

/** A post, as far as its picture is concerned. */
export interface Post {
	id: number;
	title: string;
	excerpt: string;
	status: string;
	/** The id of its picture in the media library; 0 without one. */
	featuredMedia: number;
}

/** A file of the media library. */
export interface Medium {
	id: number;
	fileName: string;
	mimeType: string;
	bytes: Buffer;
	altText: string;
	title: string;
	/** The id of the post that it was uploaded for. */
	post: number;
}

/** A stand-in for a WordPress site at its URL. */
export interface WordpressStandIn {
	url: string;
	posts: Post[];
	media: Medium[];
	close: () => Promise<void>;
}

interface ListQuery {
	status?: string;
	per_page?: string;
}

interface MediumQuery {
	alt_text?: string;
	title?: string;
	post?: string;
}

/** Starts a stand-in for a WordPress site on loopback, whose REST API has posts and media and lets one user in. */
export async function startWordpress(
	posts: Post[],
	{ username, password }: { username: string; password: string },
): Promise<WordpressStandIn> {
	const media: Medium[] = [];
	const api = '/wp-json/wp/v2';
	const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });
	app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) =>
		done(null, body),
	);
	const key = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
	app.addHook('onRequest', async ({ headers }, reply) => {
		if (headers.authorization !== key) await reply.code(401).send({ code: 'rest_forbidden' });
	});
	const view = ({ id, title, excerpt, status, featuredMedia }: Post) => ({
		id,
		status,
		title: { rendered: title },
		excerpt: { rendered: excerpt },
		featured_media: featuredMedia,
		_links: { self: [{ href: `${url}${api}/posts/${id}` }] },
	});

	app.get<{ Querystring: ListQuery }>(`${api}/posts`, ({ query }) => {
		const found = posts.filter(({ status }) => status === (query.status ?? 'publish'));
		return found.slice(0, Number(query.per_page ?? 10)).map(view);
	});
	app.post<{ Params: { id: string }; Body: { featured_media: number } }>(
		`${api}/posts/:id`,
		async ({ params, body }, reply) => {
			const post = posts.find(({ id }) => id === Number(params.id));
			if (!post) return await reply.code(404).send({ code: 'rest_post_invalid_id' });
			if (!media.some(({ id }) => id === Number(body.featured_media)))
				return await reply.code(400).send({ code: 'rest_invalid_featured_media' });
			post.featuredMedia = Number(body.featured_media);
			return view(post);
		},
	);
	app.post<{ Querystring: MediumQuery; Body: Buffer }>(
		`${api}/media`,
		async ({ query, body, headers }, reply) => {
			const disposition = headers['content-disposition'] ?? '';
			const fileName = /^attachment; filename="([^"]+)"$/.exec(disposition)?.[1];
			if (fileName === undefined || !Buffer.isBuffer(body))
				return await reply.code(400).send({ code: 'rest_upload_no_content_disposition' });
			const medium: Medium = {
				id: 900 + media.length,
				fileName,
				mimeType: String(headers['content-type']),
				bytes: body,
				altText: query.alt_text ?? '',
				title: query.title ?? '',
				post: Number(query.post ?? 0),
			};
			media.push(medium);
			return await reply.code(201).send({ id: medium.id, alt_text: medium.altText });
		},
	);
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return { url, posts, media, close: async () => await app.close() };
}
