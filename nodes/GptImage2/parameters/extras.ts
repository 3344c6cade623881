import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { imageOptionsSchema } from './image';
import { Parameters } from './reader';

const extraNames = { includeInputFields: true, publicLink: true } as const;

const extrasSchema = imageOptionsSchema.pick(extraNames);

const writtenSchema = z.record(z.unknown()).catch({});

const writtenOptionsOf = (context: IExecuteFunctions) =>
	writtenSchema.parse(context.getNode().parameters.options);

/** Whether the user names the files. */
export function namesFiles(context: IExecuteFunctions): boolean {
	return Boolean(writtenOptionsOf(context).fileName);
}

/** Whether any item may ask for more than its run. */
export function mayHaveExtras(context: IExecuteFunctions): boolean {
	const written = writtenOptionsOf(context);
	return Object.keys(extraNames).some((name) => name in written);
}

/**
 * Reads what the rows of an item have besides its run. They were checked before it was paid for: an
 * expression that has another value now, which is no longer accepted, must not cost the picture.
 */
export function readExtras(
	context: IExecuteFunctions,
	itemIndex: number,
): z.infer<typeof extrasSchema> {
	try {
		return new Parameters(context, itemIndex).options(extrasSchema);
	} catch {
		return extrasSchema.parse({});
	}
}
