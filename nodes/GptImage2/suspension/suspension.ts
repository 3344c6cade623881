import type {
	IContextObject,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { runSources } from '../output/items';
import { escaped } from '../parameters/expressions';
import { outputSchema } from '../parameters/output';
import { nodeExecutionOf } from '../runs/reference';
import { storedText } from '../storedText';

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** The node is executed again in order to fail because of these runs. */
const failedSchema = z.object({ failedRuns: z.array(z.string()) });

/** The node is executed again in order to output these items and to show these hints above them. */
const resumedSchema = z.object({
	items: z.array(z.custom<INodeExecutionData>(isObject)),
	hints: z.array(z.object({ message: z.string(), type: z.enum(['info', 'warning']) })),
});

/** The output of a resumed node. */
export type ResumedOutput = z.infer<typeof resumedSchema>;

/** Why a node is executed again once its runs have ended. */
export type ExecutedAgain = z.infer<typeof failedSchema> | ResumedOutput;

const suspensionSchema = z.object({
	id: z.string(),
	/** When the execution was suspended, in milliseconds since 1970. */
	startedAt: z.number(),
	/** The latest moment at which n8n resumes it, in milliseconds since 1970. */
	deadline: z.number(),
	/**
	 * When the first of its runs was created, in milliseconds since 1970 by the API's clock; 0 if unknown.
	 */
	firstCreatedAt: z.number(),
	/** Whether Runflow calls back about every run that was pending. */
	expectsCallbacks: z.boolean(),
	/** The execution that is suspended, because n8n's Retry copies this data to another one. */
	executionId: z.string().optional(),
	/** The scope of the node, under which its runs are offered to later executions. */
	scope: z.string().optional(),
	/** How often the node had been executed before in the same execution. */
	runIndex: z.number().optional(),
	/** Whether a run that failed becomes an error row, because the node continues on errors. */
	continuesOnError: z.boolean(),
	runs: z.array(
		z.object({
			itemIndex: z.number(),
			runId: z.string(),
			output: outputSchema,
			channel: z.string().nullable().optional(),
			source: z.enum(runSources).optional(),
			/** The hash of the run's request, and when the run was created, in milliseconds since 1970. */
			hash: z.string().optional(),
			createdAt: z.number().nullable().optional(),
		}),
	),
	errorRows: z.array(
		z.object({
			itemIndex: z.number(),
			json: z.custom<IDataObject>(isObject),
		}),
	),
});

/** What a suspended execution remembers: its runs, and the rows of items that could not be started. */
export type Suspension = z.infer<typeof suspensionSchema>;

const suspensionKey = 'suspension';
const againKey = 'executedAgain';

const againSchema = z.object({ [againKey]: z.union([failedSchema, resumedSchema]) });

const storedSchema = storedText(suspensionSchema);

/** Stores a suspension in the node's context, which n8n saves with the execution. */
export function saveSuspension(context: IExecuteFunctions, suspension: Suspension): void {
	const nodeContext = context.getContext('node');
	nodeContext[suspensionKey] = JSON.stringify(suspension);
	delete nodeContext[againKey];
}

/** The suspension of the execution that is being called; null if there is none. */
export function readSuspension(context: IWebhookFunctions): Suspension | null {
	const name = escaped(context.getNode().name);
	const stored = context.evaluateExpression(`{{ $node["${name}"].context.${suspensionKey} }}`);
	return storedSchema.safeParse(stored).data ?? null;
}

/** Records in the node's context why the suspended node is executed again. */
export function saveAgain(nodeContext: IContextObject, again: ExecutedAgain): void {
	nodeContext[againKey] = again;
}

/**
 * Returns why the node is executed again after its execution was suspended in this round; null if it isn't.
 * The items are kept only if n8n may try again (Retry On Fail) because the first one is an error row, so
 * that the next try gets the same items.
 */
export function takeAgain(context: IExecuteFunctions): ExecutedAgain | null {
	const nodeContext = context.getContext('node');
	const again = againSchema.safeParse(nodeContext).data?.[againKey];
	if (again === undefined) return null;
	const suspension = storedSchema.safeParse(nodeContext[suspensionKey]).data;
	if (suspension === undefined) return null;
	if (suspension.executionId !== context.getExecutionId()) return null;
	if (suspension.runIndex !== nodeExecutionOf(context).runIndex) return null;
	if ('items' in again && !context.getNode().retryOnFail) delete nodeContext[againKey];
	return again;
}

/** The rows of an item, and the item's index, counted from 0. */
interface ItemRows {
	itemIndex: number;
	rows: INodeExecutionData[];
}

/** The rows of runs and of items that could not be started, in the order of the input. */
export function withErrorRows(
	ofRuns: ItemRows[],
	{ errorRows }: Pick<Suspension, 'errorRows'>,
): INodeExecutionData[] {
	const refused = errorRows.map(({ itemIndex, json }) => ({
		itemIndex,
		rows: [{ json, pairedItem: { item: itemIndex } }],
	}));
	return [...ofRuns, ...refused]
		.sort((one, other) => one.itemIndex - other.itemIndex)
		.flatMap(({ rows }) => rows);
}
