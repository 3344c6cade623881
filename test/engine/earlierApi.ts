import type { INode, INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { succeededRun } from '../fixtures/answers';
import { apiUrl } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/edit/runs';
export const earlierId = '01970c11-1111-7333-8444-000000000001';
export const earlierPath = `/v1/runs/${earlierId}`;
export const files = 'https://files.test';
export const locator = (value: string, mode = 'id') => ({ __rl: true, mode, value });

/** A create as it was sent. */
export interface Sent {
	key: string;
	body: string;
	clientRef: string;
	input: { prompt: string; image_urls: string[]; mask_url?: string };
}

/**
 * An API with an earlier run of this many images, whose URLs are signed anew at each read. It records every
 * create, and answers it with what `answer` returns.
 */
export function earlierApi(images: number, answer: (sent: Sent) => [number, object] = created) {
	const creates: Sent[] = [];
	let reads = 0;
	nock(apiUrl)
		.persist()
		.get(earlierPath)
		.reply(() => {
			reads += 1;
			const outputs = Array.from({ length: images }, (_, index) => ({
				type: 'image',
				url: `${files}/${index + 1}.png?read=${reads}`,
			}));
			return [200, { ...succeededRun, id: earlierId, output: { outputs } }];
		})
		.post(models)
		.reply(function (_uri, body) {
			const { input, client_ref } = body as unknown as { input: Sent['input']; client_ref: string };
			const key = String(this.req.headers['idempotency-key']);
			const sent = { key, body: JSON.stringify(body), clientRef: client_ref, input };
			creates.push(sent);
			const [status, reply] = answer(sent);
			return [status, reply, { 'retry-after': '0' }];
		});
	return { creates, reads: () => reads };
}

/** The answer to a create: its run, which has succeeded. */
export function created({ input, clientRef }: Sent): [number, object] {
	return [201, { ...succeededRun, input, client_ref: clientRef }];
}

/** The golden workflow, editing all images of the earlier run, unless its parameters say otherwise. */
export const edit = (parameters: INodeParameters = {}, settings: Partial<INode> = {}) =>
	goldenWorkflow(
		'generate',
		{
			operation: 'edit',
			inputSource: 'run',
			inputRunId: locator(earlierId),
			options: { download: false },
			...parameters,
		},
		settings,
	);
export const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { prompt: `p${number}` } }));
export const urlsOf = (creates: Sent[]) => creates.map(({ input }) => input.image_urls);
export const url = (number: number, read = 1) => `${files}/${number}.png?read=${read}`;
