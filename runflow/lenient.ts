import { z } from 'zod';

/** Text; null for anything else. */
export const textOrNull = z
	.string()
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);

/** A number; null for anything else. */
export const numberOrNull = z
	.number()
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);

/** An object with any keys; null for anything else. */
export const objectOrNull = z
	.record(z.unknown())
	.nullish()
	.catch(null)
	.transform((value) => value ?? null);
