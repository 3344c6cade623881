import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { returnNullIfNotFound } from '../../../runflow/errors';
import { everyRun } from '../../../runflow/filter';
import type { Run } from '../../../runflow/run';
import { hasSucceeded } from '../../../runflow/status';
import { connect } from '../connection';
import { toNodeError } from '../errors/nodeErrors';
import { isRunId } from '../parameters/run';

const runsPerPage = 100;

/** How many runs one call finds before it answers; the editor asks for more as the user scrolls. */
const enough = 25;

/**
 * The maximum number of pages that one call reads. The API can't search prompts, so runs are filtered here;
 * older ones are found by scrolling further, or by ID.
 */
const mostPages = 5;

/** Whether a run belongs in a list, whatever the search text. */
type Belongs = (run: Run) => boolean;

/**
 * Lists runs for the field 'Run ID' of the operations on runs. Throws NodeApiError with a message for the
 * user.
 */
export async function searchRuns(
	this: ILoadOptionsFunctions,
	search?: string,
	cursor?: string,
): Promise<INodeListSearchResult> {
	return await list(this, () => true, search, cursor);
}

/**
 * Lists runs whose images can be edited, for 'Earlier Run'. Throws NodeApiError with a message for the
 * user.
 */
export async function searchRunsWithImages(
	this: ILoadOptionsFunctions,
	search?: string,
	cursor?: string,
): Promise<INodeListSearchResult> {
	return await list(this, hasImages, search, cursor);
}

/** Whether Runflow has images of a run; it keeps no copy of those made in sync mode. */
function hasImages({ input, status }: Run): boolean {
	return hasSucceeded(status) && !input?.sync_mode;
}

async function list(
	context: ILoadOptionsFunctions,
	belongs: Belongs,
	search = '',
	cursor: string | null = null,
): Promise<INodeListSearchResult> {
	try {
		const { client } = await connect(context);
		const wanted = search.trim();
		const { runs, next } = isRunId(wanted)
			? { runs: await named(client, wanted), next: null }
			: await look(client, (run) => belongs(run) && isFound(run, wanted), cursor);
		const timeZone = context.getTimezone();
		const results = runs.filter(belongs).map((run) => entryOf(run, timeZone, new Date()));
		return { results, ...(next !== null && { paginationToken: next }) };
	} catch (error) {
		throw toNodeError(context.getNode(), error, 0);
	}
}

/** The run with that ID, as a list that is empty if there is none. */
async function named(client: RunflowClient, id: string): Promise<Run[]> {
	const run = await client.once.getRun(id).catch(returnNullIfNotFound);
	return run === null ? [] : [run];
}

/**
 * Reads pages from `cursor` on until enough runs are found; `next` is where to continue, null at the end.
 */
async function look(
	client: RunflowClient,
	isWanted: Belongs,
	cursor: string | null,
): Promise<{ runs: Run[]; next: string | null }> {
	const found = new Map<string, Run>();
	let next = cursor;
	for (let pages = 0; pages < mostPages; pages++) {
		const page = await client.once.listRuns(everyRun, { limit: runsPerPage, cursor: next });
		for (const run of page.runs.filter(isWanted)) found.set(run.id, run);
		next = page.cursor;
		if (next === null || found.size >= enough) break;
	}
	return { runs: [...found.values()], next };
}

const longestPrompt = 40;

/**
 * The minimum number of characters for a word to match part of an ID; shorter ones, such as '7', occur in
 * most IDs.
 */
const shortestPartOfId = 6;

/**
 * The beginning of references that the node makes; users don't know them, and their digits match too much.
 */
const ownReference = 'n8n:';

/**
 * A run as shown in the list: 'a brass sign… · succeeded · 25 Nov, 19:04', in the time zone of the user's
 * n8n.
 */
export function entryOf(run: Run, timeZone: string, now: Date): INodeListSearchItems {
	const parts = [shorten(run.prompt), wordsFor(run.status), timeOf(run.created_at, timeZone, now)];
	return { name: parts.filter((part) => part !== null).join(' · '), value: run.id };
}

/** Whether every word of a search occurs in what a user knows about a run. */
export function isFound({ client_ref, id, prompt, status }: Run, search: string): boolean {
	const reference = client_ref?.startsWith(ownReference) ? null : client_ref;
	const text = [prompt, wordsFor(status), reference].join(' ').toLowerCase();
	const isPartOfId = (word: string) => word.length >= shortestPartOfId && id.includes(word);
	return search
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word) || isPartOfId(word));
}

/** The beginning of a prompt, on one line, cut between words if possible. */
function shorten(prompt: string | null): string {
	const line = (prompt ?? '').replace(/\s+/g, ' ').trim();
	const characters = [...line];
	if (line === '') return 'No prompt';
	if (characters.length <= longestPrompt) return line;
	const start = characters.slice(0, longestPrompt).join('');
	return `${start.replace(/(?<=.{20})\s\S*$/, '')}…`;
}

function wordsFor(status: string): string {
	return status === 'partial_succeeded' ? 'partially succeeded' : status;
}

/** A moment as '25 Nov, 19:04', with the year if it isn't this one; null if unknown. */
function timeOf(createdAt: string | null, timeZone: string, now: Date): string | null {
	const moment = new Date(createdAt ?? NaN);
	if (Number.isNaN(moment.getTime())) return null;
	const yearOf = (date: Date) => date.toLocaleDateString('en-GB', { year: 'numeric', timeZone });
	return moment.toLocaleString('en-GB', {
		day: 'numeric',
		month: 'short',
		...(yearOf(moment) !== yearOf(now) && { year: 'numeric' }),
		hour: '2-digit',
		minute: '2-digit',
		timeZone,
	});
}
