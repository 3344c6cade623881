import fc from 'fast-check';
import type { INode } from 'n8n-workflow';

import { toErrorRow } from '../../../nodes/GptImage2/errors/errorRow';
import { toNodeError } from '../../../nodes/GptImage2/errors/nodeErrors';
import { toItems } from '../../../nodes/GptImage2/output/items';
import { RunflowClient } from '../../../runflow/client';
import { RunFailedError } from '../../../runflow/errors';
import { tried } from '../../fixtures/properties';
import { anyAnswer, anyRun } from './arbitraries';

const node: INode = {
	id: 'n1',
	name: 'GPT Image 2',
	type: 'n8n-nodes-runflow.gptImage2',
	typeVersion: 1.1,
	position: [0, 0],
	parameters: {},
};

const letters = fc.string({
	unit: fc.constantFrom(...'abcXYZ0189_-'),
	minLength: 16,
	maxLength: 30,
});
/** Keys and signing secrets of Runflow, and such as only the credential knows. */
const secret = fc.oneof(
	letters.map((text) => `rf_live_${text}`),
	letters.map((text) => `rf_svc_${text}`),
	letters.map((text) => `whsec_${text}`),
	letters.map((text) => `own-${text}`),
);

/** Keys whose content is the user's own, or names a run. */
const own = ['id', 'run_id', 'input', 'metadata', 'client_ref', 'callback_url'];

/** Puts a secret into every text of an answer, keys of the user's own excepted. */
function spread(value: unknown, hidden: string): unknown {
	if (typeof value === 'string') return value.startsWith('data:') ? value : `${value} ${hidden} x`;
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return value.map((part: unknown) => spread(part, hidden));
	return Object.fromEntries(
		Object.entries(value).map(([key, part]: [string, unknown]) => [
			key,
			own.includes(key) ? part : spread(part, hidden),
		]),
	);
}

const texts = fc.string({ maxLength: 20 });
const refusal = fc.oneof(
	anyAnswer,
	fc.record({
		code: texts,
		message: texts,
		errors: fc.array(fc.record({ loc: fc.array(texts, { maxLength: 3 }), msg: texts })),
	}),
	fc.record({ detail: texts }),
	fc.record({ error: fc.record({ code: texts, message: texts }) }),
);

/** Everything of an error that a user, a log or another node can see. */
function seenOf(error: unknown): string {
	const nodeError = toNodeError(node, error, 0);
	const { context, description, message, messages, stack } = nodeError;
	const row = toErrorRow(node, nodeError, 0);
	return JSON.stringify([message, description, context, messages, stack, row, nodeError]);
}

const clientOf = (httpStatus: number, body: unknown, headers: object, secrets: string[]) =>
	new RunflowClient(
		async () => ({ httpStatus, body, headers: { ...headers }, secrets }),
		async () => {},
	);

describe('a secret that an answer repeats', () => {
	it('is in nothing that is shown of a refusal', async () => {
		const status = fc.constantFrom(400, 401, 402, 403, 404, 409, 413, 418, 422, 429, 500, 503);
		await fc.assert(
			fc.asyncProperty(status, refusal, secret, async (httpStatus, body, hidden) => {
				const headers = { 'retry-after': hidden, [hidden]: hidden };
				const client = clientOf(httpStatus, spread(body, hidden), headers, [hidden]);
				const error = await client.getRun('r1').catch((thrown: unknown) => thrown);
				expect(error).toBeInstanceOf(Error);
				expect(seenOf(error)).not.toContain(hidden);
			}),
			tried(400),
		);
	});

	it('is in nothing that is shown of a run, be it an item or an error', async () => {
		await fc.assert(
			fc.asyncProperty(anyRun, secret, fc.boolean(), async (answer, hidden, perRun) => {
				const body = spread({ ...answer, id: 'r1', status_code: 'failed' }, hidden);
				const client = clientOf(200, body, {}, [hidden]);
				const run = await client.getRun('r1');
				expect(seenOf(new RunFailedError(run))).not.toContain(hidden);
				const images = run.images.map(({ url, ...size }, index) => {
					const shown = url.startsWith('data:') ? null : url;
					return {
						index,
						url: shown,
						fileName: 'a.png',
						mimeType: 'image/png',
						...size,
						binary: null,
					};
				});
				const output = {
					binaryField: 'data',
					includeRun: true,
					simplify: false,
					output: perRun ? ('perRun' as const) : ('perImage' as const),
				};
				const items = toItems({ run, images, itemIndex: 0, output });
				expect(JSON.stringify(items)).not.toContain(hidden);
			}),
			tried(400),
		);
	});

	it('changes nothing of what the user sent', async () => {
		await fc.assert(
			fc.asyncProperty(secret, anyAnswer, async (hidden, value) => {
				const sent = { prompt: `a sign that reads ${hidden}`, more: value };
				const body = { id: 'r1', status_code: 'queued', input: sent, client_ref: hidden };
				const run = await clientOf(200, body, {}, [hidden]).getRun('r1');
				expect(run.prompt).toBe(sent.prompt);
				expect(run.raw.input).toEqual(sent);
				expect(run.client_ref).toBe(hidden);
			}),
			tried(300),
		);
	});
});
