import type { INodeListSearchItems } from 'n8n-workflow';

import type { Run } from '../../../runflow/run';

const longestPrompt = 40;

/** From how many characters on a word may be part of an ID; shorter ones, such as '7', are in most of them. */
const shortestPartOfId = 6;

/** How references begin that the node makes; users don't know them, and their digits match too much. */
const ownReference = 'n8n:';

/** A run as a list shows it: 'a brass sign… · succeeded · 25 Nov, 19:04', in the time zone of the user's n8n. */
export function entryOf(run: Run, timeZone: string, now: Date): INodeListSearchItems {
	const parts = [shorten(run.prompt), wordsFor(run.status), timeOf(run.created_at, timeZone, now)];
	return { name: parts.filter((part) => part !== null).join(' · '), value: run.id };
}

/** Whether every word of a search occurs in what a user knows of a run. */
export function isFound({ client_ref, id, prompt, status }: Run, search: string): boolean {
	const reference = client_ref?.startsWith(ownReference) ? null : client_ref;
	const text = [prompt, wordsFor(status), reference].join(' ').toLowerCase();
	const isPartOfId = (word: string) => word.length >= shortestPartOfId && id.includes(word);
	return search
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word) || isPartOfId(word));
}

/** The beginning of a prompt on one line, cut between words where there are any. */
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

/** A moment as '25 Nov, 19:04', with its year where that isn't this one; null where it is unknown. */
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
