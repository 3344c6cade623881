import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { imageOptionsSchema } from './image';
import { Parameters } from './reader';

const extraNames = { includeInputFields: true, publicLink: true } as const;

const extrasSchema = imageOptionsSchema.pick(extraNames);

const writtenSchema = z.record(z.unknown()).catch({});

/** What rows have besides their run, and whether any row may have it. */
interface Extras {
	includeInputFields: boolean;
	publicLinkDays: number;
	/** Whether the user names the files. */
	isNamedByUser: boolean;
	/** Whether any item may ask for more than its run. */
	mayHaveExtras: boolean;
}

/** Reads what the rows of an item have besides its run. Throws NodeOperationError that names the option. */
export function readExtras(context: IExecuteFunctions, itemIndex = 0): Extras {
	const written = writtenSchema.parse(context.getNode().parameters.options);
	const mayHaveExtras = Object.keys(extraNames).some((name) => name in written);
	const { includeInputFields, publicLink } = mayHaveExtras
		? new Parameters(context, itemIndex).options(extrasSchema)
		: extrasSchema.parse({});
	const isNamedByUser = Boolean(written.fileName);
	return { includeInputFields, publicLinkDays: publicLink, isNamedByUser, mayHaveExtras };
}
