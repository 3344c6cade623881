import { z } from 'zod/v3';

/** Text without spaces around it; null where it is empty. */
export const trimmedOrNull = z
	.union([z.string(), z.number().transform(String)])
	.transform((text) => (text.trim() === '' ? null : text.trim()))
	.nullable()
	.default(null);

/** The parts of a text that lists them, separated by commas or line breaks. */
export const textList = z.unknown().transform((text) =>
	String(text)
		.split(/[,\n]/)
		.map((part) => part.trim())
		.filter((part) => part !== ''),
);

const startsDataUri = /^data:/i;
const startsBase64Uri = /^data:.*;base64$/i;
const startsUrl = /^\s*[a-z][a-z0-9+.-]*:/i;

/** Whether what follows a comma belongs to the data URI before it: its content, or more of it where it isn't base64. */
function continues(pieces: string[], part: string): boolean {
	const [start = ''] = pieces;
	if (!startsDataUri.test(start)) return false;
	return pieces.length === 1 || (!startsBase64Uri.test(start) && !startsUrl.test(part));
}

function splitLine(line: string): string[] {
	const urls: string[][] = [];
	for (const part of line.split(',')) {
		const last = urls.at(-1);
		if (last !== undefined && continues(last, part)) last.push(part);
		else urls.push([part.trimStart()]);
	}
	return urls.map((pieces) => pieces.join(','));
}

/** The URLs of a text that lists them, or of a list, separated by commas or line breaks outside data URIs. */
export const imageUrlList = z.unknown().transform((value) =>
	[value]
		.flat()
		.flatMap((text) => String(text ?? '').split('\n'))
		.flatMap(splitLine)
		.map((url) => url.trim())
		.filter((url) => url !== ''),
);

const anyNumber = z.number({ invalid_type_error: 'must be a number' });

/** A whole number of at least `minimum`. */
export const wholeNumber = (minimum: number) =>
	anyNumber.int('must be a whole number').min(minimum, `must be at least ${minimum}`);

/** Which image of a run is meant, counted from 1; 0 for all of them. */
export const imageNumberSchema = anyNumber
	.int('must be a whole number')
	.min(0, 'must be 1 or more, or 0 for all images')
	.default(0);

/** A number greater than 0. */
export const positiveNumber = anyNumber.positive('must be greater than 0');

/** A duration in seconds, greater than 0 and at most `most`, which `inWords` says in larger units. */
export const secondsUpTo = (most: number, inWords: string) =>
	positiveNumber.max(most, `must be at most ${most} seconds (${inWords})`);

/** What an expression yields; without a value nothing stands in for it. */
const given = z.unknown().refine((value) => value !== undefined, 'has no value');

const record = z.record(given);

/** A JSON object, as itself or as text; empty text is an empty object. */
export const jsonObject = z.union([
	record,
	z.string().transform((text, context) => {
		const fail = () => {
			context.addIssue({ code: z.ZodIssueCode.custom, message: 'must be a JSON object' });
			return z.NEVER;
		};
		try {
			const parsed = record.safeParse(JSON.parse(text === '' ? '{}' : text));
			return parsed.success ? parsed.data : fail();
		} catch {
			return fail();
		}
	}),
]);

/** n8n's rows of names and values, as an object; rows without a name are left out. */
export const assignments = z
	.object({ assignments: z.array(z.object({ name: z.string(), value: given })).default([]) })
	.transform(({ assignments: rows }) =>
		Object.fromEntries(
			rows.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
		),
	);
