import { RunflowConnectionError } from '../../../runflow/errors';
import type { ApiAnswer, ApiRequest } from '../../../runflow/request';

/** What goes wrong with one request, before the API does what is asked or after. */
export type Fault =
	| 'none'
	| '402'
	| '429'
	| '5xx before'
	| '5xx after'
	| 'refused'
	| 'drop before'
	| 'drop after'
	| 'broken answer'
	| 'no id'
	| '404'
	| 'crash before'
	| 'crash after';

/** How well the API protects from paying twice. */
export interface Protection {
	/** What a second create with the same key is answered with; null where keys are ignored. */
	replay: 'run' | 'conflict' | null;
	/** How long a new run is missing in lists, in milliseconds; null where lists are refused. */
	listLagMs: number | null;
}

/** What the API makes of an input that it stores. */
export const storedInputs = ['as sent', 'normalised', 'nothing'] as const;

export type StoredInput = (typeof storedInputs)[number];

/** An input as an API may store it: trimmed, numbers as text, defaults left out, others added. */
function normalised(input: unknown): unknown {
	const { prompt, ...sent } = input as Record<string, unknown>;
	const texts = Object.entries(sent).map(([key, value]) => [
		key,
		typeof value === 'object' ? value : String(value),
	]);
	const { image_size, num_images } = Object.fromEntries(texts) as Record<string, unknown>;
	return { prompt: `${String(prompt)}\r\n`, image_size, num_images, background: 'auto' };
}

/** How a run ends; nobody documents 'expired'. */
export type EndStatus = 'succeeded' | 'failed' | 'cancelled' | 'expired';

/** How the API lists runs. */
export interface Listing {
	/** The most runs on a page, whatever is asked for. */
	pageSize: number;
	/** How it says where the next page is (REQ, RUN-L). */
	next: 'cursor' | 'url';
	/** For how long after its end a run is listed as pending, in milliseconds. */
	staleMs: number;
}

/** A run as the API keeps it. */
export interface ModelRun {
	id: string;
	key: string;
	body: Record<string, unknown>;
	createdMs: number;
	endsAs: EndStatus;
}

/** Thrown at whatever is asked after the process has died. */
export class Crash extends Error {}

const answered = (httpStatus: number, body: unknown): ApiAnswer => ({
	httpStatus,
	headers: {},
	body,
});

const lostConnection = (wasAccepted = false) =>
	new RunflowConnectionError('ECONNRESET', false, wasAccepted);

/** How long each run takes, on the clock that the pauses move. */
const runMs = 2_000;

/** An API in memory with a clock of its own, which only pauses move, and a script of faults. */
export class ModelApi {
	readonly runs: ModelRun[] = [];
	/** How many creates came while a run of the same item was neither over nor lost. */
	private nowMs = 0;
	private hasCrashed = false;
	private listLagMs: number | null;

	constructor(
		private readonly faults: Fault[],
		private readonly ends: EndStatus[],
		private readonly protection: Protection,
		private readonly stores: StoredInput,
		private readonly listing: Listing,
	) {
		this.listLagMs = protection.listLagMs;
	}

	/** The runs that cost money. */
	get paid(): string[] {
		return this.runs.filter(({ endsAs }) => endsAs === 'succeeded').map(({ id }) => id);
	}

	/** Has lists answered from now on. */
	allowLists(): void {
		this.listLagMs ??= 0;
	}

	/** Whether the process died since this was asked last. */
	restart(): boolean {
		const { hasCrashed } = this;
		this.hasCrashed = false;
		this.nowMs += 60_000;
		return hasCrashed;
	}

	readonly pause = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
		if (signal?.aborted) throw new Error('aborted');
		this.nowMs += milliseconds;
		await new Promise(setImmediate);
	};

	readonly send = async (request: ApiRequest): Promise<ApiAnswer> => {
		await Promise.resolve();
		if (this.hasCrashed) throw new Crash();
		const fault = this.faults.shift() ?? 'none';
		switch (fault) {
			case 'crash before':
				this.hasCrashed = true;
				throw new Crash();
			case 'crash after':
				this.answer(request);
				this.hasCrashed = true;
				throw new Crash();
			case 'refused':
				throw new RunflowConnectionError('ECONNREFUSED', true);
			case 'drop before':
				throw lostConnection();
			case 'drop after':
				this.answer(request);
				throw lostConnection();
			case '402':
				return request.method === 'POST' ? answered(402, {}) : this.answer(request);
			case '429':
				return answered(429, {});
			case '5xx before':
				return answered(503, {});
			case '5xx after':
				this.answer(request);
				return answered(502, {});
			case '404':
				return request.path.startsWith('/v1/runs/') ? answered(404, {}) : this.answer(request);
			case 'broken answer':
				return this.ifAccepted(request, () => {
					throw lostConnection(true);
				});
			case 'no id':
				return this.ifAccepted(request, () => answered(201, {}));
			case 'none':
				return this.answer(request);
		}
	};

	private ifAccepted({ ...request }: ApiRequest, spoil: () => ApiAnswer): ApiAnswer {
		const answer = this.answer(request);
		return request.method === 'POST' && answer.httpStatus < 300 ? spoil() : answer;
	}

	private answer({ method, path, query, headers, body }: ApiRequest): ApiAnswer {
		if (method === 'POST') return this.create(headers?.['Idempotency-Key'] ?? '', body ?? {});
		if (path === '/v1/runs') return this.list(String(query?.q ?? ''), Number(query?.pq ?? 0));
		const run = this.runs.find(({ id }) => path.endsWith(id));
		return run ? answered(200, this.view(run)) : answered(404, {});
	}

	private create(key: string, body: object): ApiAnswer {
		const known = this.runs.find((run) => run.key === key);
		const { replay } = this.protection;
		if (known && replay === 'conflict') return answered(409, {});
		if (known && replay === 'run') return answered(201, this.view(known));
		const number = this.runs.length;
		const run: ModelRun = {
			id: `01970c11-2222-7333-8444-${String(number).padStart(12, '0')}`,
			key,
			body: structuredClone({ ...body }),
			createdMs: this.nowMs,
			endsAs: this.ends[number] ?? 'succeeded',
		};
		this.runs.push(run);
		return answered(201, this.view(run));
	}

	private list(filter: string, from: number): ApiAnswer {
		const { listLagMs } = this;
		const { next, pageSize, staleMs } = this.listing;
		if (listLagMs === null) return answered(403, {});
		const [, clientRef = null] = /client_ref\.EQ:'([^']*)'/.exec(filter) ?? [];
		const listed = this.runs
			.filter(({ createdMs }) => createdMs + listLagMs <= this.nowMs)
			.filter(({ body }) => clientRef === null || body.client_ref === clientRef);
		const to = from + pageSize;
		const page = listed.reverse().slice(from, to);
		const isLast = to >= listed.length;
		return answered(200, {
			items: page.map((run) => this.view(run, staleMs)),
			next_pq: isLast || next === 'url' ? null : String(to),
			next: isLast || next === 'cursor' ? null : `/v1/runs?limit=200&pq=${to}`,
		});
	}

	private view({ id, body, createdMs, endsAs }: ModelRun, staleMs = 0): object {
		const hasEnded = createdMs + runMs + staleMs <= this.nowMs;
		const url = `https://files.test/${id}.png`;
		return {
			id,
			status_code: hasEnded ? endsAs : 'running',
			input: { 'as sent': body.input, normalised: normalised(body.input), nothing: null }[
				this.stores
			],
			client_ref: body.client_ref,
			created_at: new Date().toISOString(),
			completed_at: hasEnded ? new Date().toISOString() : null,
			output: hasEnded && endsAs === 'succeeded' ? { outputs: [{ url }] } : null,
		};
	}
}
