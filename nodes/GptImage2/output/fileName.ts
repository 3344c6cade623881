import type { Run } from '../../../runflow/run';
import type { OutputOptions } from '../parameters/output';
import { extensionOf } from './mime';

/** The longest name that disks and databases take, in bytes. */
const mostBytes = 255;

/** Control characters and halves of characters, which no name needs. */
const unprintable = /[\p{Cc}\p{Cs}]/gu;

/** What separates folders, or what Windows refuses. */
const refusedByDisks = /[\\/<>:"|?*]+/g;

/** What would hide a file, name a folder, or is left of what was replaced. */
const looseEnds = /^[. -]+|[. -]+$/g;

/**
 * The name of an image file, which every disk and database takes: the user's, numbered from 0 where the
 * run has several images, or one that names the run. Of a long name the end and the extension stay.
 */
export function fileNameOf(
	run: Run,
	index: number,
	mimeType: string,
	chosen: OutputOptions['fileName'],
): string {
	const extension = extensionOf(mimeType);
	const isNumbered = chosen === null || run.images.length > 1;
	const end = isNumbered ? `-${index}.${extension}` : `.${extension}`;
	const name = safe(chosen ?? `gpt-image-2-${run.id}`);
	const stem =
		chosen === null ? name : name.replace(new RegExp(`\\.(${extension}|jpeg)$`, 'i'), '');
	return (cut(stem, mostBytes - Buffer.byteLength(end)) || 'untitled') + end;
}

function safe(name: string): string {
	return name.replace(unprintable, '').replace(refusedByDisks, '-').replace(looseEnds, '');
}

/** The beginning of a text, with whole characters and at most so many bytes. */
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
