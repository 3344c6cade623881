import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { returnNullIfNotFound } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { doEach } from '../../../runflow/slots';
import { mayDeliver } from '../../../runflow/status';
import { listRunsSince, type Listing } from './listing';
import { continuesOwn, isReusable, keyOfPrompt, keysToContinue, keysToRepeat } from './matching';
import { Offers } from './offers';
import { readReference, type NodeExecution, type Reference } from './reference';
import type { Request } from './request';
import { hasMarks, isKnown, markedAmong, offer } from './undelivered';

const hourMs = 3_600_000;

/** How far back to look for what a crashed execution left, where n8n doesn't say when it began. */
const unknownAgeMs = hourMs;

/** How far the clocks of n8n and of the API may be apart: a day, where one is set to another time zone. */
const clocksApartMs = 24 * hourMs;

/** The same for runs that are known by nothing but a reference of the user's own, which may be older runs' as well. */
const ownClocksApartMs = hourMs / 4;

/** How far back to look for what a failed execution paid for. */
const undeliveredForMs = 24 * hourMs;

const mostPages = 25;

/** What a crashed execution paid for must be found, so the list of its retry ends only should it never do so. */
const mostPagesOfRetry = 500;

const briefReadsAtOnce = 10;

/** How many runs are read one by one where the list doesn't say whose they are. */
const mostUnnamedReads = 500;

/** What runs are looked for with and for. */
export interface Search {
	context: IExecuteFunctions;
	client: RunflowClient;
	execution: NodeExecution;
	requests: Request[];
	/** How old a run may be that is reused, in hours; 0 for none. */
	reuseHours: number;
}

/** The account's runs, listed once for all items of a node and only when one of them asks, and by what they may be taken up. */
export class KnownList {
	readonly offers = new Offers();

	/** The runs whose references the node made. */
	private readonly referenced: Array<{ run: Run; reference: Reference }> = [];

	/** Runs with the user's own references, whose input the list leaves out. */
	private readonly brief = new Map<string, Run[]>();

	private readonly briefReads = new Map<string, Promise<unknown>>();

	private opened: Promise<Listing> | null = null;

	private marked: Promise<boolean> | null = null;

	constructor(private readonly search: Search) {}

	/** Lists the runs. Throws RunflowError where a run that is already paid for may be missing in the list. */
	async open(signal: AbortSignal): Promise<Listing> {
		return await (this.opened ??= this.read(signal));
	}

	/** Whether the node has failed in any process with something paid for. */
	async hasMarks(): Promise<boolean> {
		return await (this.marked ??= hasMarks(this.search.context));
	}

	/** The runs with references that the node made; none where nobody asked, or it failed. */
	async known(): Promise<Array<{ run: Run; reference: Reference }>> {
		await this.opened?.catch(() => null);
		return this.referenced;
	}

	/** Reads runs with the user's own references, once, where the list doesn't say what they were made from. Throws RunflowError. */
	async offerBrief(isWanted: (reference: string) => boolean, signal: AbortSignal): Promise<void> {
		const references = [...this.brief.keys()].filter(isWanted);
		await Promise.all(
			references.map(async (reference) => {
				const reading = this.briefReads.get(reference) ?? this.readBrief(reference, signal);
				this.briefReads.set(reference, reading);
				await reading;
				this.brief.delete(reference);
			}),
		);
	}

	private async readBrief(reference: string, signal: AbortSignal): Promise<void> {
		const runs = await this.readEach(this.brief.get(reference) ?? [], signal);
		for (const run of runs) this.offers.add(run, [keyOfPrompt(run.prompt)]);
	}

	/** These runs, read one by one, as far as they are found. */
	private async readEach(runs: Run[], signal: AbortSignal): Promise<Run[]> {
		const { client } = this.search;
		const read = async ({ id }: Run, stop: AbortSignal) =>
			await client.getRun(id, stop).catch(returnNullIfNotFound);
		return (await doEach(runs, briefReadsAtOnce, read, signal)).flatMap((run) => run ?? []);
	}

	private async read(signal: AbortSignal): Promise<Listing> {
		const { client, execution, reuseHours } = this.search;
		const isMarked = await this.hasMarks();
		const now = Date.now();
		const { establishedAt } = execution.beginning;
		const began = establishedAt === null ? now - unknownAgeMs : establishedAt - clocksApartMs;
		const since = Math.min(
			execution.isRetry ? began : now,
			now - reuseHours * hourMs,
			isMarked ? now - undeliveredForMs : now,
		);
		const most = execution.isRetry ? mostPagesOfRetry : mostPages;
		const listing = await listRunsSince(client, { mostPages: most, since }, signal);
		const unnamed = listing.runs.filter(({ raw }) => !('client_ref' in raw));
		const isReadable = unnamed.length <= mostUnnamedReads;
		const named = execution.isRetry && isReadable ? await this.readEach(unnamed, signal) : [];
		for (const run of [...listing.runs, ...named]) this.offer(run);
		if (execution.isRetry && !isReadable) listing.isCutOff = true;
		if (isMarked) await this.offerMarked(listing.runs);
		return listing;
	}

	private offer(run: Run): void {
		const { execution, reuseHours } = this.search;
		const isRecent = (run.createdAt ?? 0) > Date.now() - reuseHours * hourMs;
		const mayRepeat = isRecent && isReusable(run);
		const reference = readReference(run.client_ref);
		if (reference !== null) {
			const toContinue = execution.isRetry && mayDeliver(run.status);
			this.referenced.push({ run, reference });
			this.offers.add(run, [
				...(toContinue ? keysToContinue(reference, execution) : []),
				...(mayRepeat ? keysToRepeat(reference, execution) : []),
			]);
			return;
		}
		const began = (execution.beginning.establishedAt ?? 0) - ownClocksApartMs;
		const mayContinue =
			execution.isRetry && mayDeliver(run.status) && (run.createdAt ?? Infinity) > began;
		if (run.client_ref === null || !(mayContinue || mayRepeat)) return;
		if (run.input !== null) this.offers.add(run, [keyOfPrompt(run.prompt)]);
		else append(this.brief, run.client_ref, run);
	}

	/** Offers what the node paid for in executions that failed, wherever they ran, as far as it is asked for now. */
	private async offerMarked(runs: Run[]): Promise<void> {
		const { context, execution, requests } = this.search;
		const wanted = new Set(requests.map(({ hash }) => hash));
		const byReference = this.referenced.flatMap(({ reference: { hash, scope }, run }) =>
			scope === execution.scope && wanted.has(hash) ? [{ hash, run }] : [],
		);
		const byPrompt = new Map<string, Run[]>();
		for (const run of runs) append(byPrompt, keyOfPrompt(run.prompt), run);
		const named = requests.filter(({ plan }) => plan.clientRef !== null);
		const byOwnReference = named.flatMap((request) =>
			(byPrompt.get(keyOfPrompt(request.plan.input.prompt)) ?? [])
				.filter((run) => continuesOwn(run, request, execution.executionId))
				.map((run) => ({ hash: request.hash, run })),
		);
		const unknown = [...byReference, ...byOwnReference].filter(
			({ run }) => mayDeliver(run.status) && !isKnown(execution.scope, run.id),
		);
		const marked = await markedAmong(
			context,
			unknown.map(({ run }) => run.id),
		);
		for (const { hash, run } of unknown) {
			if (marked.has(run.id)) offer(execution.scope, run.id, hash);
		}
	}
}

function append(lists: Map<string, Run[]>, key: string, run: Run): void {
	const list = lists.get(key);
	if (list === undefined) lists.set(key, [run]);
	else list.push(run);
}
