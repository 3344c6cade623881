import { z } from 'zod/v3';

import { runIdPattern, runIdProblem } from '../fields/runId';

/** n8n's value of a field in which something is chosen from a list or named by its ID. */
const locatorSchema = z.object({ mode: z.string(), value: z.unknown() });

/** What is in such a field, or in the plain text field that it used to be. */
function contentOf(value: unknown): unknown {
	const locator = locatorSchema.safeParse(value);
	return (locator.success ? locator.data.value : value) ?? '';
}

const wholeRunId = new RegExp(`^${runIdPattern}$`);

/** The ID of a run, however it was entered. */
export const runIdSchema = z
	.unknown()
	.transform(contentOf)
	.pipe(
		z
			.string({ invalid_type_error: 'must be text' })
			.trim()
			.min(1, 'must not be empty')
			.toLowerCase()
			.regex(wholeRunId, runIdProblem),
	);

/** Whether a text is the ID of a run, complete and with nothing around it. */
export function isRunId(text: string): boolean {
	return wholeRunId.test(text);
}
