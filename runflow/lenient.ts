import { z } from 'zod/v3';

// Plain functions, because lists of hundreds of runs are read again and again, and zod takes ten times as long.

/** Text; null for anything else. */
export const textIn = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Non-empty text; null for anything else. */
export const filledTextIn = (value: unknown): string | null => textIn(value) || null;

/** A number; null for anything else. */
export const numberIn = (value: unknown): number | null =>
	typeof value === 'number' && Number.isFinite(value) ? value : null;

/** A number, or text that contains one; null for anything else. */
export const numericIn = (value: unknown): number | null =>
	numberIn(/^\d+(\.\d+)?$/.test(textIn(value) ?? '') ? Number(value) : value);

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with any keys; null for anything else. */
export const objectIn = (value: unknown): Record<string, unknown> | null =>
	isObject(value) ? value : null;

/** An object with any keys, for schemas. */
export const objectSchema = z.custom<Record<string, unknown>>(isObject, 'no object');

/** Text, or null for anything else, for schemas. */
export const textOrNull = z.unknown().transform(textIn);

/** Non-empty text, or null for anything else, for schemas. */
export const filledTextOrNull = z.unknown().transform(filledTextIn);
