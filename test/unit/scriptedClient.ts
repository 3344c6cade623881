import { RunflowClient } from '../../runflow/client';
import type { CreateOptions, CreateOutcome } from '../../runflow/createRun';
import { RunflowConnectionError } from '../../runflow/errors';
import { generateInputSchema } from '../../runflow/input';
import type { ApiAnswer, ApiRequest } from '../../runflow/request';
import type { Run } from '../../runflow/run';
import { queuedRun, runId } from '../fixtures/answers';

export const request = {
	input: generateInputSchema.parse({ prompt: 'a brass sign' }),
	client_ref: 'order-17',
};
export const ok = { httpStatus: 201, headers: {}, body: queuedRun };
export const lost = new RunflowConnectionError('ECONNRESET', false);
export const refused = new RunflowConnectionError('ECONNREFUSED', true);
export const answer = (httpStatus: number, body: unknown = {}): ApiAnswer => ({
	httpStatus,
	headers: {},
	body,
});
export const list = (...items: unknown[]) => answer(200, { items });

/** A client that is answered with `answers` in turn: how to create the run of `request`, and what it sent. */
export function scripted(...answers: Array<ApiAnswer | Error>) {
	const asked: ApiRequest[] = [];
	const client = new RunflowClient(
		async (sent) => {
			asked.push(sent);
			const next = answers.shift();
			if (next === undefined) throw new Error('asked too often');
			if (next instanceof Error) throw next;
			return next;
		},
		async () => {},
	);
	const create = async (options: Partial<CreateOptions> = {}) =>
		await client.createRun('openai/gpt-image-2', request, {
			idempotencyKey: 'key-1',
			startedAt: Date.parse(queuedRun.created_at),
			findable: true,
			uncertain: false,
			timeoutMs: 1000,
			signal: new AbortController().signal,
			...options,
		});
	const steps = () => asked.map(({ method, path }) => `${method} ${path.replace(/^\/v1\//, '')}`);
	return { client, create, asked, steps };
}

/** The run of a create; throws its error where it has none. */
export async function created(outcome: Promise<CreateOutcome>): Promise<Run> {
	const ended = await outcome;
	if ('error' in ended) throw ended.error;
	return ended.run;
}

export const post = 'POST models/openai/gpt-image-2/runs';
export const search = 'GET runs';
export const read = `GET runs/${runId}`;
