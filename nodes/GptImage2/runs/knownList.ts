import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { returnNullIfNotFound, RunflowApiError, type MissingRuns } from '../../../runflow/errors';
import { everyRun } from '../../../runflow/filter';
import { walk } from '../../../runflow/lists';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { doEach } from '../../../runflow/slots';
import { mayDeliver } from '../../../runflow/status';
import { mayBeUnknownYet } from '../../../runflow/waiting';
import { isReusable, keysToContinue, keysToRepeat } from './matching';
import { isOwn, keysOfOwn, wholeInputOf, withoutNumbers } from './ownReferences';
import { readReference, type NodeExecution, type Reference } from './reference';
import type { Request } from './request';
import { Shelves } from './shelves';

const hourMs = 3_600_000;

/** How far back to look for the runs of a crashed execution if n8n doesn't say when it began. */
const unknownAgeMs = hourMs;

/**
 * How far the clocks of n8n and of the API may differ: a day, in case one is set to the wrong time zone.
 */
const clocksApartMs = 24 * hourMs;

/** How far back to look for what a failed execution paid for. */
const undeliveredForMs = 24 * hourMs;

const runsPerPage = 200;
const mostPages = 25;

/**
 * What a crashed execution paid for must be found, so this limit only stops a list that would never end.
 */
const mostPagesOfRetry = 500;

/** How many runs are read one by one if the list doesn't say whose they are, and how many at once. */
const mostReads = 500;
const readsAtOnce = 10;

/** What runs are searched for, and what is needed to search. */
export interface Search {
	context: IExecuteFunctions;
	client: RunflowClient;
	execution: NodeExecution;
	requests: Request[];
	/** The maximum age of a run to reuse, in hours; 0 for no reuse. */
	reuseHours: number;
}

/** How to list runs once for all items of a node. */
interface ListOptions extends Search {
	/** Whether to include what failed executions paid for. */
	isMarked: boolean;
	signal: AbortSignal;
}

/** The account's runs, listed once for all items. */
export class KnownList {
	/** Why runs are missing from the list; null if none are. */
	missing: MissingRuns | null = null;

	/** The runs whose references the node made. */
	readonly referenced: Array<{ run: Run; reference: Reference }> = [];

	/** The runs whose references are the user's own. */
	private readonly own: Run[] = [];

	/** All runs that items may look for. */
	readonly shelves = new Shelves();

	private constructor() {}

	/**
	 * Lists the runs, as far as the API does: a refusal ends the list, whichever page it concerns. Throws
	 * RunflowError if a page can't be read for another reason, because it may include a run that is already
	 * paid for.
	 */
	static async read(options: ListOptions): Promise<KnownList> {
		const { client, execution, signal } = options;
		const most = execution.isRetry ? mostPagesOfRetry : mostPages;
		const filter = { ...everyRun, createdAfter: earliest(options) };
		const pages = client.runPages(filter, { limit: runsPerPage, mostPages: most }, signal);
		const list = new KnownList();
		const isToRead = isIncomplete(options);
		const toRead: Run[] = [];
		const sort = (run: Run) => void (isToRead(run) ? toRead.push(run) : list.add(run, options));
		const walked = await walk(pages, sort).catch(returnRefusal);
		if (walked instanceof RunflowApiError) list.missing = walked.httpStatus;
		else if (walked.isCutOff) list.missing = 'too many';
		await list.addRead(toRead, options);
		// The first items were started first, and only the order distinguishes runs with the same input.
		for (const run of list.own.reverse())
			list.shelves.put(run, keysOfOwn(run.client_ref, run.prompt));
		return list;
	}

	/** Returns the runs that the node may have started for these requests, in any execution. */
	runsFor(requests: Request[], execution: NodeExecution) {
		const { scope } = execution;
		const wanted = new Set(requests.map(({ hash }) => hash));
		const made = this.referenced.flatMap(({ reference, run }) =>
			reference.scope === scope && wanted.has(reference.hash)
				? [{ run, hash: reference.hash }]
				: [],
		);
		const unlike = new Map(
			requests.map((request) => [`${request.hash} ${request.plan.clientRef}`, request]),
		);
		const own = [...unlike.values()].flatMap((request) => {
			const { clientRef, input } = request.plan;
			if (wholeInputOf(request.plan) === null) return [];
			return this.shelves
				.under(keysOfOwn(clientRef, input.prompt))
				.filter((run) => isOwn(run, request, execution))
				.map((run) => ({ run, hash: request.hash }));
		});
		return [...made, ...own].filter(({ run }) => mayDeliver(run.status));
	}

	private add(run: Run, { execution, reuseHours }: Search): void {
		const reference = readReference(run.client_ref);
		if (reference === null) {
			if (run.client_ref !== null) this.own.push(run);
			return;
		}
		this.referenced.push({ run, reference });
		if (execution.isRetry && mayDeliver(run.status)) {
			this.shelves.put(run, keysToContinue(reference, execution));
		}
		if (isReusable(run, reuseHours)) this.shelves.put(run, keysToRepeat(reference, execution));
	}

	/**
	 * Reads runs one by one, because the list doesn't show everything about them; a run that can't be read
	 * yet may belong to anyone.
	 */
	private async addRead(listed: Run[], options: ListOptions): Promise<void> {
		const { client, signal } = options;
		const isNaming = this.referenced.length + this.own.length > 0;
		const runs = listed.filter(({ client_ref }) => client_ref !== null || !isNaming);
		const read = async ({ id }: Run, stop: AbortSignal) =>
			await client.getRun(id, stop).catch(returnNullIfNotFound);
		const found = await doEach(runs.slice(0, mostReads), readsAtOnce, read, signal);
		for (const run of found) if (run !== null) this.add(run, options);
		const isTooNew = runs.some(
			({ createdAt }, index) => found[index] === null && mayBeUnknownYet(createdAt ?? Date.now()),
		);
		if (runs.length > mostReads) this.missing ??= 'too many';
		if (isTooNew) this.missing ??= 'too new';
	}
}

/** How far back runs are listed, as a moment in milliseconds since 1970. */
function earliest({ execution, isMarked, reuseHours }: ListOptions): number {
	const now = Date.now();
	const { establishedAt } = execution.beginning;
	const began = establishedAt === null ? now - unknownAgeMs : establishedAt - clocksApartMs;
	return Math.min(
		execution.isRetry ? began : now,
		now - reuseHours * hourMs,
		isMarked ? now - undeliveredForMs : now,
	);
}

function returnRefusal(error: unknown): RunflowApiError {
	if (!isPassing(error) && error instanceof RunflowApiError) return error;
	throw error;
}

/**
 * Returns a test for runs of which the list doesn't say whose they are or, if their references are those of
 * items, what was asked for.
 */
function isIncomplete({ requests }: Search): (run: Run) => boolean {
	const own = requests.flatMap(({ plan }) => plan.clientRef ?? []);
	const wanted = new Set(own.map(withoutNumbers));
	return ({ client_ref, input, raw, status }) => {
		if (!mayDeliver(status)) return false;
		if (client_ref === null) return !('client_ref' in raw);
		return input === null && wanted.has(withoutNumbers(client_ref));
	};
}
