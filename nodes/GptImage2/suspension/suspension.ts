import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { runSources } from '../output/items';
import { outputOptionsSchema } from '../parameters/output';

const suspensionSchema = z.object({
	id: z.string(),
	/** When the execution was suspended, in milliseconds since 1970. */
	startedAt: z.number(),
	/** When the first of its runs was created, in milliseconds since 1970 by the API's clock; 0 where unknown. */
	firstCreatedAt: z.number(),
	/** Whether a run that failed becomes an error row, because the node continues on errors. */
	continuesOnError: z.boolean(),
	runs: z.array(
		z.object({
			itemIndex: z.number(),
			runId: z.string(),
			output: outputOptionsSchema,
			source: z.enum(runSources).optional(),
		}),
	),
	errorRows: z.array(
		z.object({
			itemIndex: z.number(),
			json: z.custom<IDataObject>((json) => typeof json === 'object' && json !== null),
		}),
	),
});

/** What a suspended execution remembers: its runs, and the rows of items that could not be started. */
export type Suspension = z.infer<typeof suspensionSchema>;

/** A run that a suspended execution waits for. */
export type SuspendedRun = Suspension['runs'][number];

const suspensionKey = 'suspension';

/** Keeps a suspension in the node's context, which n8n saves with the execution. */
export function saveSuspension(context: IExecuteFunctions, suspension: Suspension): void {
	context.getContext('node')[suspensionKey] = suspension;
}

/** The suspension of the execution that is being called; null where there is none. */
export function readSuspension(context: IWebhookFunctions): Suspension | null {
	const nodeContext = context.evaluateExpression(
		`{{ $node["${escaped(context.getNode().name)}"].context }}`,
	);
	const stored = z.object({ [suspensionKey]: suspensionSchema }).safeParse(nodeContext);
	return stored.success ? stored.data[suspensionKey] : null;
}

/** A name for an expression, every character escaped: n8n reads meaning into braces and some words. */
function escaped(name: string): string {
	return Array.from({ length: name.length }, (_, index) => {
		const code = name.charCodeAt(index).toString(16).padStart(4, '0');
		return `\\u${code}`;
	}).join('');
}
