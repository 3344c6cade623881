import { redact } from '../../../runflow/redact';

/**
 * A picture that an error is about: its number, counted from 1, out of how many, and its prompt if known.
 */
export interface Picture {
	number: number;
	of: number;
	prompt: string | null;
	/** The channel or shape of its size, where it is one of several. */
	channel?: string | null;
}

const mostOfPrompt = 40;

/** How an error names a picture, such as `Picture 2 of 3 ("A hen")`. */
export function nameOf({ number, of, prompt }: Picture): string {
	const name = of === 1 ? 'The picture' : `Picture ${number} of ${of}`;
	const words = prompt === null ? '' : redact(prompt).replace(/\s+/g, ' ').trim();
	if (words === '') return name;
	const isWhole = words.length <= mostOfPrompt;
	return `${name} ("${isWhole ? words : `${words.slice(0, mostOfPrompt).trimEnd()}…`}")`;
}
