import nock from 'nock';

import { queuedRun, succeededRun } from '../fixtures/answers';
import { apiUrl } from './harness';

type Reply = [number, object] | 'hang up';

interface Body {
	input: { prompt: string };
	client_ref: string;
}

/** One run of the counting API. */
export interface CountedRun {
	id: string;
	prompt: string;
	clientRef: string;
	key: string;
	status: string;
}

/**
 * An API in nock that keeps what was created, for tests with many items: on each create, `answer` decides
 * what happens to the new run, and may return its own answer.
 */
export class CountingApi {
	readonly runs: CountedRun[] = [];
	reads = 0;
	inFlight = 0;
	mostInFlight = 0;

	constructor(
		answer: (
			run: CountedRun,
			tries: number,
		) => void | 'drop' | 'refuse' | [number, object] = () => {},
	) {
		const tries: Record<string, number> = {};
		const scope = nock(apiUrl).persist();
		const receive = (body: nock.Body, key: string): Reply => {
			const { input, client_ref } = body as unknown as Body;
			tries[input.prompt] = (tries[input.prompt] ?? 0) + 1;
			const run: CountedRun = {
				id: `01970c11-2222-7333-8444-${String(this.runs.length).padStart(12, '0')}`,
				prompt: input.prompt,
				clientRef: client_ref,
				key,
				status: 'succeeded',
			};
			const verdict = answer(run, tries[input.prompt] ?? 1);
			if (Array.isArray(verdict)) return verdict;
			if (verdict !== 'refuse') this.runs.push(run);
			this.inFlight += 1;
			this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
			if (verdict === 'drop' || verdict === 'refuse') return 'hang up';
			return [201, { ...this.view(run), status_code: 'queued', output: null }];
		};
		scope.post('/v1/models/openai/gpt-image-2/runs').reply(function (_uri, body, respond) {
			const reply = receive(body, String(this.req.headers['idempotency-key']));
			if (reply !== 'hang up') return respond(null, reply);
			respond(Object.assign(new Error('hang up'), { code: 'ECONNRESET' }), [0, '']);
		});
		scope.get(/^\/v1\/runs\/[^/?]+$/).reply((uri) => {
			this.reads += 1;
			const run = this.runs.find(({ id }) => uri.endsWith(id));
			if (run && run.status !== 'running') this.inFlight -= 1;
			return run ? [200, this.view(run)] : [404, { code: 'RUN_NOT_FOUND' }];
		});
		scope
			.get('/v1/runs')
			.query(true)
			.reply((uri) => {
				const filter = new URL(uri, apiUrl).searchParams.get('q');
				const items = this.runs.filter(
					({ clientRef }) => filter === `client_ref.EQ:'${clientRef}'`,
				);
				return [200, { items: items.map((run) => this.view(run)), next: null }];
			});
		nock('https://files.test')
			.persist()
			.get(/.*/)
			.reply(200, (uri) => `image of ${uri}`, {
				'content-type': 'image/png',
			});
	}

	private view(run: CountedRun) {
		const output = {
			...succeededRun.output,
			outputs: [{ url: `https://files.test/${run.prompt}.png` }],
		};
		const ended =
			run.status === 'succeeded'
				? { ...succeededRun, output }
				: { ...queuedRun, status_code: run.status };
		return { ...ended, id: run.id, input: { prompt: run.prompt }, client_ref: run.clientRef };
	}
}
