import nock from 'nock';
import { z } from 'zod/v3';

import { buildSimulator } from '../../simulator/simulator';
import { gif } from '../fixtures/pictures';
import { CountedRun, endlessMs } from './countedRun';
import { apiUrl, credential } from './harness';

/** The limit of a list of the runs that are waited for, by which it is told from others here. */
const mostPerPage = '500';

const authorization = `Bearer ${credential.apiKey}`;
const viewSchema = z.object({ id: z.string() }).passthrough();
const pageSchema = z.object({ items: z.array(viewSchema) }).passthrough();

type Reply = readonly [number, nock.Body] | readonly [number, nock.Body, nock.ReplyHeaders];

/** What happens to a create: its run is made and the answer is lost, no run is made, or this is answered. */
type Verdict = void | 'drop' | 'refuse' | [number, object];

/**
 * The simulator behind nock, for tests with many items: on each create, `answer` decides what happens to the
 * new run, which has succeeded unless it says otherwise.
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
	private readonly tries = new Map<string, number>();
	private readonly simulator = buildSimulator(
		{
			acceptsMoreFields: true,
			idempotency: false,
			keepsSyncOutput: true,
			prices: 'flat',
			runTime: endlessMs,
			samePicture: true,
			syncInline: false,
		},
		() => apiUrl,
	);

	constructor(private readonly answer: (run: CountedRun, tries: number) => Verdict = () => {}) {
		const scope = nock(apiUrl).persist();
		const create = async (uri: string, body: nock.Body, key: unknown) =>
			await this.create(uri, body, String(key));
		scope
			.post(/^\/v1\/models\/openai\/gpt-image-2(\/edit)?\/runs$/)
			.reply(function (uri, body, respond) {
				create(uri, body, this.req.headers['idempotency-key']).then(
					(reply) => {
						if (reply !== 'hang up') return respond(null, reply);
						respond(Object.assign(new Error('hang up'), { code: 'ECONNRESET' }), [0, '']);
					},
					(error: Error) => respond(error, [0, '']),
				);
			});
		scope.get(/^\/v1\/runs\/[^/?]+$/).reply(async (uri) => await this.read(uri));
		scope
			.get('/v1/runs')
			.query(true)
			.reply(async (uri) => await this.list(uri));
		const send = (uri: string, range: unknown) => this.file(uri, range);
		scope.get(/^\/files\//).reply(function (uri) {
			return send(uri, this.req.headers.range);
		});
	}

	/** Whether lists say what each run was made from. */
	set listsInput(areListed: boolean) {
		this.simulator.settings.unlistedFields = areListed ? [] : ['input'];
	}

	private async create(url: string, body: nock.Body, key: string): Promise<Reply | 'hang up'> {
		const { app, store } = this.simulator;
		const created = await app.inject({
			method: 'POST',
			url,
			payload: z.object({}).passthrough().parse(body),
			headers: { authorization, 'idempotency-key': key },
		});
		const view = viewSchema.safeParse(created.json<object>());
		const made = view.success ? store.find(view.data.id) : null;
		if (!view.success || made === null) return [created.statusCode, created.json<object>()];
		const run = new CountedRun(made, key);
		run.status = 'succeeded';
		const tries = (this.tries.get(run.prompt) ?? 0) + 1;
		this.tries.set(run.prompt, tries);
		const verdict = this.answer(run, tries);
		const isMade = !Array.isArray(verdict) && verdict !== 'refuse';
		if (isMade) this.runs.push(run);
		else store.runs.splice(store.runs.indexOf(made), 1);
		if (Array.isArray(verdict)) return verdict;
		this.inFlight += 1;
		this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
		if (verdict !== undefined) return 'hang up';
		return [201, { ...view.data, id: run.id, client_ref: run.clientRef }];
	}

	private async read(url: string): Promise<Reply> {
		this.reads += 1;
		const run = this.runs.find(({ id }) => url.endsWith(id));
		if (run === undefined || this.unknown.has(run.id)) return [404, { code: 'RUN_NOT_FOUND' }];
		this.noteSeen(run);
		const answer = await this.simulator.app.inject({ url, headers: { authorization } });
		return [answer.statusCode, run.shown(viewSchema.parse(answer.json<object>()))];
	}

	private async list(url: string): Promise<Reply> {
		if (new URL(url, apiUrl).searchParams.get('limit') === mostPerPage) this.overviews += 1;
		else this.lists += 1;
		if (this.listStatus !== null) return [this.listStatus, {}, { 'retry-after': '0' }];
		const answer = await this.simulator.app.inject({ url, headers: { authorization } });
		const page = pageSchema.safeParse(answer.json<object>());
		if (!page.success) return [answer.statusCode, answer.json<object>()];
		const items = page.data.items.map((view) => {
			const run = this.runs.find(({ id }) => id === view.id);
			if (run) this.noteSeen(run);
			return run?.shown(view) ?? view;
		});
		return [answer.statusCode, { ...page.data, items }];
	}

	/** A picture of its own for each prompt, instead of the simulator's, which are large. */
	private file(url: string, range: unknown): Reply {
		if (typeof range === 'string') this.ranges.push(range);
		if (this.missingFiles > 0) {
			this.missingFiles -= 1;
			return [this.missingStatus, ''];
		}
		const run = this.runs.find(({ id }) => url.includes(id));
		return [200, gif(`/${run?.prompt}.png`), { 'content-type': 'image/png' }];
	}

	/** A run is in flight until it is first seen as ended. */
	private noteSeen(run: CountedRun): void {
		if (run.status === 'running' || this.seen.has(run)) return;
		this.seen.add(run);
		this.inFlight -= 1;
	}
}
