import type { FastifyInstance } from 'fastify';

/** A file in Drive. */
export interface DriveFile {
	id: string;
	name: string;
	folder: string;
	mimeType: string;
	bytes: Buffer;
}

/** What the stand-in for Google knows and was told. */
export interface Google {
	token: string;
	/** The id of its only document, and the cells of that document's only sheet. */
	documentId: string;
	cells: Array<Array<string | number>>;
	files: DriveFile[];
}

interface Update {
	data: Array<{ range: string; values: [[string | number]] }>;
}

interface Metadata {
	name: string;
	parents: [string];
}

const sheet = { sheetId: 0, title: 'Ideas', index: 0 };

/** The hosts under which n8n's nodes look for Sheets and Drive. */
export const googleHosts = ['sheets.googleapis.com', 'www.googleapis.com'] as const;

const [sheetsHost, driveHost] = googleHosts;

/** The routes of a stand-in for the parts of Google Sheets and Drive that read cells, write cells and take files. */
export function googleRoutes(app: FastifyInstance, google: Google): void {
	app.addHook('onRequest', async ({ headers, method }, reply) => {
		if (headers.authorization === `Bearer ${google.token}`) return;
		// The address of an upload is secret by itself.
		if (method !== 'PUT') await reply.code(401).send({ error: { message: 'Unauthorized' } });
	});
	app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
	sheetsRoutes(app, google);
	driveRoutes(app, google);
}

function sheetsRoutes(app: FastifyInstance, google: Google): void {
	const constraints = { host: sheetsHost };
	const document = `/v4/spreadsheets/${google.documentId}`;
	app.get(document, { constraints }, () => ({ sheets: [{ properties: sheet }] }));
	app.get(`${document}/values/:range`, { constraints }, () => ({ values: google.cells }));
	app.post<{ Body: Update }>(
		`${document}/values::batchUpdate`,
		{ constraints },
		async ({ body }, reply) => {
			for (const { range, values } of body.data) {
				const [, column, row] = /^Ideas!([A-Z])(\d+)$/.exec(range) ?? [];
				const cells = google.cells[Number(row) - 1];
				if (!cells || !column) return await reply.code(400).send({ error: { message: range } });
				cells[column.charCodeAt(0) - 65] = values[0][0];
			}
			return { totalUpdatedCells: body.data.length };
		},
	);
}

function driveRoutes(app: FastifyInstance, { files }: Google): void {
	const constraints = { host: driveHost };
	app.post<{ Body: Metadata }>('/upload/drive/v3/files', { constraints }, ({ body }, reply) => {
		const id = `file-${files.length}`;
		const [folder] = body.parents;
		files.push({ id, name: body.name, folder, mimeType: '', bytes: Buffer.alloc(0) });
		return reply.header('location', `https://${driveHost}/upload/${id}`).send({});
	});
	app.put<{ Params: { id: string }; Body: Buffer }>(
		'/upload/:id',
		{ constraints },
		async ({ params, body, headers }, reply) => {
			const file = files.find(({ id }) => id === params.id);
			if (!file) return await reply.code(404).send();
			file.bytes = Buffer.concat([file.bytes, body]);
			const size = Number(headers['content-range']?.split('/')[1]);
			if (file.bytes.length < size) return await reply.code(308).send();
			return { id: file.id };
		},
	);
	app.patch<{
		Params: { id: string };
		Body: { mimeType: string };
		Querystring: Record<string, string>;
	}>('/drive/v3/files/:id', { constraints }, async ({ params, body, query }, reply) => {
		const file = files.find(({ id }) => id === params.id);
		if (!file) return await reply.code(404).send();
		file.mimeType = body.mimeType;
		const webViewLink = `https://drive.example/${file.id}`;
		return { id: file.id, name: file.name, ...('fields' in query && { webViewLink }) };
	});
}
