import { z } from 'zod/v3';

import { wellFormed } from './expressions';

/** Trimmed text; null if it is empty. */
export const trimmedOrNull = z
	.union([z.string(), z.number().transform(String)])
	.transform((text) => (text.trim() === '' ? null : text.trim()))
	.nullable()
	.default(null);

/** The parts of a text, separated by commas or line breaks. */
export const textList = z.unknown().transform((text) =>
	String(text)
		.split(/[,\n]/)
		.map((part) => part.trim())
		.filter((part) => part !== ''),
);

/**
 * What separates two URLs; the same characters within a URL are part of it. The lookbehind keeps the time
 * linear for many spaces.
 */
const beforeUrl = /(?<![\s,;])[\s,;]+(?=data:|[a-z][a-z0-9+.-]*:\/\/)/i;
const around = /^[\s,;]+|(?<![\s,;])[\s,;]+$/g;

/** The URLs of a text, separated by line breaks, or by commas, semicolons or spaces before the next; those of a list as they are. */
export const imageUrlList = z.unknown().transform((value) =>
	(Array.isArray(value)
		? value.map((url) => String(url ?? '').trim())
		: String(value ?? '')
				.split('\n')
				.flatMap((line) => line.split(beforeUrl))
				.map((url) => url.replace(around, ''))
	).filter((url) => url !== ''),
);

/** The URLs of n8n's rows of images, one in each. */
export const imageRows = z
	.object({ images: z.array(z.object({ url: z.string().trim() })).default([]) })
	.transform(({ images }) => images.map(({ url }) => url).filter((url) => url !== ''));

const anyNumber = z.number({ invalid_type_error: 'must be a number' });

/** A whole number of at least `minimum`. */
export const wholeNumber = (minimum: number) =>
	anyNumber.int('must be a whole number').min(minimum, `must be at least ${minimum}`);

/** Which image of a run, counted from 1; 0 for all of them. */
export const imageNumberSchema = anyNumber
	.int('must be a whole number')
	.min(0, 'must be 1 or more, or 0 for all images')
	.default(0);

/** A number greater than 0. */
export const positiveNumber = anyNumber.positive('must be greater than 0');

/** A duration in seconds, greater than 0 and at most `most`, which `inWords` expresses in larger units. */
export const secondsUpTo = (most: number, inWords: string) =>
	positiveNumber.max(most, `must be at most ${most} seconds (${inWords})`);

/** The value of an expression; if there is none, no default replaces it. */
const given = z.unknown().refine((value) => value !== undefined, 'has no value');

const record = z.record(given);

/** A JSON object, or text that contains one; empty text is an empty object. */
export const jsonObject = z.union([
	record,
	z.string().transform((text, context) => {
		const fail = () => {
			context.addIssue({ code: z.ZodIssueCode.custom, message: 'must be a JSON object' });
			return z.NEVER;
		};
		try {
			const parsed = record.safeParse(wellFormed(JSON.parse(text === '' ? '{}' : text)));
			return parsed.success ? parsed.data : fail();
		} catch {
			return fail();
		}
	}),
]);

/** n8n's rows of names and values, as an object; rows without a name are ignored. */
export const assignments = z
	.object({ assignments: z.array(z.object({ name: z.string(), value: given })).default([]) })
	.transform(({ assignments: rows }) =>
		Object.fromEntries(
			rows.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
		),
	);
