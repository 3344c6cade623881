import { z } from 'zod/v3';

import { trimmedOrNull } from './values';

/** The output options, both as they are read and as they are stored while an execution is suspended. */
export const outputOptionsSchema = z.object({
	binaryField: z.string().trim().min(1, 'must not be empty').default('data'),
	download: z.boolean().default(true),
	fileName: trimmedOrNull,
	includeRun: z.boolean().default(false),
	output: z.enum(['perImage', 'perRun']).default('perImage'),
});

/** The field 'Simplify', which older saved workflows lack. */
export const simplifySchema = z
	.boolean({ invalid_type_error: 'must be true or false' })
	.default(true);

/** How a run becomes items, as stored while an execution is suspended. */
export const outputSchema = outputOptionsSchema.extend({ simplify: simplifySchema });

/** How a run becomes items. */
export type OutputOptions = z.infer<typeof outputSchema>;
