import nock from 'nock';

import { queuedRun, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl } from './harness';

/** The limit of a list of the runs that are waited for, by which it is told from others here. */
const mostPerPage = '500';

type Reply = [number, object] | 'hang up';

interface Body {
	input: Record<string, unknown> & { prompt: string };
	client_ref: string;
	callback_url?: string;
}

/** One run of the counting API. */
export interface CountedRun {
	id: string;
	prompt: string;
	clientRef: string;
	key: string;
	status: string;
	input: Record<string, unknown>;
	callbackUrl: string | null;
	createdAt: string;
	/** How many images it has. */
	images: number;
	/** Why it failed, as the API says it. */
	failure?: object;
}

/**
 * An API in nock that keeps what was created, for tests with many items: on each create, `answer` decides
 * what happens to the new run, and may return its own answer.
 */
export class CountingApi {
	readonly runs: CountedRun[] = [];
	reads = 0;
	/** How often runs were listed, but for those that are waited for. */
	lists = 0;
	/** How often the runs that are waited for were listed. */
	overviews = 0;
	/** The status with which the list is refused, null where it isn't. */
	listStatus: number | null = null;
	/** Whether lists say what each run was made from. */
	listsInput = true;
	/** Runs that are listed, but not found when they are read. */
	readonly unknown = new Set<string>();
	/** How many requests for files are refused from now on, and with which status. */
	missingFiles = 0;
	missingStatus = 404;
	/** Which part of a file was asked for, where not all of it was. */
	readonly ranges: string[] = [];
	inFlight = 0;
	mostInFlight = 0;
	private readonly seen = new Set<CountedRun>();

	constructor(
		answer: (
			run: CountedRun,
			tries: number,
		) => void | 'drop' | 'refuse' | [number, object] = () => {},
	) {
		const tries: Record<string, number> = {};
		const scope = nock(apiUrl).persist();
		const receive = (body: nock.Body, key: string): Reply => {
			const { input, client_ref, callback_url = null } = body as unknown as Body;
			tries[input.prompt] = (tries[input.prompt] ?? 0) + 1;
			const run: CountedRun = {
				id: `01970c11-2222-7333-8444-${String(this.runs.length).padStart(12, '0')}`,
				prompt: input.prompt,
				clientRef: client_ref,
				key,
				status: 'succeeded',
				input,
				callbackUrl: callback_url,
				createdAt: new Date().toISOString(),
				images: 1,
			};
			const verdict = answer(run, tries[input.prompt] ?? 1);
			if (Array.isArray(verdict)) return verdict;
			if (verdict !== 'refuse') this.runs.push(run);
			this.inFlight += 1;
			this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
			if (verdict === 'drop' || verdict === 'refuse') return 'hang up';
			return [201, { ...this.view(run), status_code: 'queued', output: null }];
		};
		scope
			.post(/^\/v1\/models\/openai\/gpt-image-2(\/edit)?\/runs$/)
			.reply(function (_uri, body, respond) {
				const reply = receive(body, String(this.req.headers['idempotency-key']));
				if (reply !== 'hang up') return respond(null, reply);
				respond(Object.assign(new Error('hang up'), { code: 'ECONNRESET' }), [0, '']);
			});
		scope.get(/^\/v1\/runs\/[^/?]+$/).reply((uri) => {
			this.reads += 1;
			const run = this.runs.find(({ id }) => uri.endsWith(id) && !this.unknown.has(id));
			if (run) this.noteSeen(run);
			return run ? [200, this.view(run)] : [404, { code: 'RUN_NOT_FOUND' }];
		});
		scope
			.get('/v1/runs')
			.query(true)
			.reply((uri) => {
				const query = new URL(uri, apiUrl).searchParams;
				if (query.get('limit') === mostPerPage) this.overviews += 1;
				else this.lists += 1;
				if (this.listStatus !== null) return [this.listStatus, {}, { 'retry-after': '0' }];
				const filter = query.get('q') ?? '';
				const [, since = null] = /^created_at>(.*)$/.exec(filter) ?? [];
				const items = this.runs.filter(({ clientRef, createdAt }) =>
					since === null ? filter === `client_ref.EQ:'${clientRef}'` : createdAt > since,
				);
				for (const run of items) this.noteSeen(run);
				const hidden = this.listsInput ? {} : { input: null };
				const listed = items.reverse().map((run) => ({ ...this.view(run), ...hidden }));
				return [200, { items: listed, next: null }];
			});
		const noteRange = (range: string) => this.ranges.push(range);
		const fileOf = (uri: string): nock.ReplyFnResult => {
			if (this.missingFiles === 0) return [200, gif(uri), { 'content-type': 'image/png' }];
			this.missingFiles -= 1;
			return [this.missingStatus, ''];
		};
		nock('https://files.test')
			.persist()
			.get(/.*/)
			.reply(function (uri) {
				const { range } = this.req.headers;
				if (typeof range === 'string') noteRange(range);
				return fileOf(uri);
			});
	}

	/** A run is in flight until it is first seen as ended. */
	private noteSeen(run: CountedRun): void {
		if (run.status === 'running' || this.seen.has(run)) return;
		this.seen.add(run);
		this.inFlight -= 1;
	}

	private view(run: CountedRun) {
		const outputs = Array.from({ length: run.images }, () => ({
			url: `https://files.test/${encodeURI(run.prompt)}.png`,
		}));
		const ended = run.status.endsWith('succeeded')
			? { ...succeededRun, output: { ...succeededRun.output, outputs }, status_code: run.status }
			: { ...queuedRun, status_code: run.status };
		return {
			...ended,
			...run.failure,
			id: run.id,
			input: run.input,
			client_ref: run.clientRef,
			callback_url: run.callbackUrl,
			created_at: run.createdAt,
		};
	}
}
