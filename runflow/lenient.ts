import { z } from 'zod/v3';

/** Text; null for anything else. */
export const textOrNull = z
	.string()
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);

/** Non-empty text; null for anything else. */
export const filledTextOrNull = textOrNull.transform((text) => (text === '' ? null : text));

/** A number; null for anything else. */
export const numberOrNull = z
	.number()
	.finite()
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);

/** A number, or text that contains one; null for anything else. */
export const numericOrNull = z
	.union([
		z.number().finite(),
		z
			.string()
			.regex(/^\d+(\.\d+)?$/)
			.transform(Number)
			.pipe(z.number().finite()),
	])
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);

/** An object with any keys; null for anything else. */
export const objectOrNull = z
	.record(z.unknown())
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);
