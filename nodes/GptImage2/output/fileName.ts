import type { Run } from '../../../runflow/run';
import { channelOf } from '../imageSizes';
import type { OutputOptions } from '../parameters/output';
import { extensionOf } from './mime';

/** The longest name that disks and databases accept, in bytes. */
const mostBytes = 255;

/** Control characters, halves of characters, and what hides or turns around parts of a name. */
const unprintable = /[\p{Cc}\p{Cs}\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu;

/** Names of devices, under which Windows saves no file. */
const ofDevices = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/** Characters that separate folders or that Windows refuses. */
const refusedByDisks = /[\\/<>:"|?*]+/g;

/** Characters at the ends that would hide a file, name a folder, or are left over from replacements. */
const looseEnds = /^[. -]+|[. -]+$/g;

/** Words that don't distinguish one picture from another. */
const commonWords: ReadonlySet<string> = new Set(
	'a an and as at by for from in into is its of on or that the their this to with'.split(' '),
);

/** How many words of a prompt name its picture, and how many characters of the run's id make it unique. */
const mostWords = 4;
const longestWords = 60;
const shortIdLength = 4;

/**
 * Returns a name for an image file that every disk and database accepts: the user's, or words of the prompt,
 * the channel that has its size, and the end of the run's id, such as `brass-sign-warm-morning-1f3a.png`. It is numbered from 0 if the run
 * has several images. The end and the extension of a long name are kept.
 */
export function fileNameOf(
	run: Run,
	index: number,
	mimeType: string,
	chosen: OutputOptions['fileName'],
): string {
	const extension = extensionOf(mimeType);
	const end = run.images.length > 1 ? `-${index}.${extension}` : `.${extension}`;
	const stem =
		chosen === null
			? safe([wordsOf(run.prompt ?? ''), ...channelIn(run), shortIdOf(run)].join('-'))
			: safe(chosen).replace(new RegExp(`\\.(${extension}|jpeg)$`, 'i'), '');
	return (cut(stem, mostBytes - Buffer.byteLength(end)) || 'untitled') + end;
}

const shortIdOf = ({ id }: Run) => id.slice(-shortIdLength);

/** The words of the channel that a picture has the size of, if it has that of one. */
function channelIn({ input }: Run): string[] {
	return channelOf(input?.image_size)?.split('_') ?? [];
}

/** The first significant words of a prompt, in letters and digits of any script. */
function wordsOf(prompt: string): string {
	const words = prompt
		.normalize('NFC')
		.toLowerCase()
		.replace(/['’]/g, '')
		.match(/[\p{L}\p{M}\p{N}]+/gu);
	const telling = (words ?? []).filter((word) => !commonWords.has(word)).slice(0, mostWords);
	return cut(telling.join('-'), longestWords) || 'picture';
}

function safe(name: string): string {
	return name
		.replace(unprintable, '')
		.replace(refusedByDisks, '-')
		.replace(looseEnds, '')
		.replace(ofDevices, '$1-picture');
}

/** The beginning of a text, with whole characters and at most this many bytes. */
function cut(text: string, most: number): string {
	if (Buffer.byteLength(text) <= most) return text;
	let bytes = 0;
	let kept = '';
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		bytes += Buffer.byteLength(segment);
		if (bytes > most) break;
		kept += segment;
	}
	return kept;
}
