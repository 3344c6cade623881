import nock from 'nock';

import { queuedRun, succeededRun } from '../fixtures/answers';
import { apiUrl } from './harness';

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
 * An API in nock that keeps what was created, for tests with many items: `answer` decides on each create what
 * is done with the new run, and may return an answer of its own.
 */
export class CountingApi {
	readonly runs: CountedRun[] = [];
	reads = 0;
	inFlight = 0;
	mostInFlight = 0;

	constructor(
		answer: (run: CountedRun, tries: number) => void | 'drop' | 'refuse' | [number, object] = () => {},
	) {
		const tries: Record<string, number> = {};
		const scope = nock(apiUrl).persist();
		scope.post('/v1/models/openai/gpt-image-2/runs').reply(function (_uri, body, respond) {
			const { input, client_ref } = body as unknown as Body;
			tries[input.prompt] = (tries[input.prompt] ?? 0) + 1;
			const run: CountedRun = {
				id: `01970c11-2222-7333-8444-${String(self.runs.length).padStart(12, '0')}`,
				prompt: input.prompt,
				clientRef: client_ref,
				key: String(this.req.headers['idempotency-key']),
				status: 'succeeded',
			};
			const verdict = answer(run, tries[input.prompt] ?? 1);
			if (Array.isArray(verdict)) return respond(null, verdict);
			if (verdict !== 'refuse') self.runs.push(run);
			self.inFlight += 1;
			self.mostInFlight = Math.max(self.mostInFlight, self.inFlight);
			if (verdict === 'drop' || verdict === 'refuse') {
				return respond(Object.assign(new Error('hang up'), { code: 'ECONNRESET' }), [0, '']);
			}
			respond(null, [201, { ...self.view(run), status_code: 'queued', output: null }]);
		});
		const self = this;
		scope.get(/^\/v1\/runs\/[^/?]+$/).reply((uri) => {
			this.reads += 1;
			const run = this.runs.find(({ id }) => uri.endsWith(id));
			if (run && run.status !== 'running') this.inFlight -= 1;
			return run ? [200, this.view(run)] : [404, { code: 'RUN_NOT_FOUND' }];
		});
		scope.get('/v1/runs').query(true).reply((uri) => {
			const filter = new URL(uri, apiUrl).searchParams.get('q');
			const items = this.runs.filter(({ clientRef }) => filter === `client_ref.EQ:'${clientRef}'`);
			return [200, { items: items.map((run) => this.view(run)), next: null }];
		});
		nock('https://files.test').persist().get(/.*/).reply(200, (uri) => `image of ${uri}`, {
			'content-type': 'image/png',
		});
	}

	private view(run: CountedRun) {
		const output = { ...succeededRun.output, outputs: [{ url: `https://files.test/${run.prompt}.png` }] };
		const ended = run.status === 'succeeded' ? { ...succeededRun, output } : { ...queuedRun, status_code: run.status };
		return { ...ended, id: run.id, input: { prompt: run.prompt }, client_ref: run.clientRef };
	}
}
