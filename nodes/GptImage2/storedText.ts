import { z } from 'zod/v3';

/**
 * A schema for a value that is stored as JSON text in a node's context. n8n saves, loads and evaluates each
 * value of an object by itself, which for a thousand items blocks it for a fifth of a second; a text is one
 * value.
 */
export function storedText<T extends z.ZodTypeAny>(schema: T) {
	return z.string().transform(parse).pipe(schema);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
