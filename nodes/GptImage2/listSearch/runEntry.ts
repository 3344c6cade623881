import type { INodeListSearchItems } from 'n8n-workflow';

import type { Run } from '../../../runflow/run';

const longestPrompt = 40;

/** A run as a list shows it: 'a brass sign… · succeeded · 25 Nov, 19:04', in the time zone of the user's n8n. */
export function entryOf(run: Run, timeZone: string, now: Date): INodeListSearchItems {
	const parts = [shorten(run.prompt), wordsFor(run.status), timeOf(run.created_at, timeZone, now)];
	return { name: parts.filter((part) => part !== null).join(' · '), value: run.id };
}

/** Whether every word of a search occurs in what is known of a run. */
export function isFound({ client_ref, id, prompt, status }: Run, search: string): boolean {
	const text = [prompt, wordsFor(status), id, client_ref].join(' ').toLowerCase();
	return search
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word));
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
