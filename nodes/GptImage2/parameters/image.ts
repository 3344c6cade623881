import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import {
	clientRefLimit,
	type editFieldsSchema,
	type generateInputSchema,
	type InputFields,
} from '../../../runflow/input';
import { labelOf } from '../fields/labels';

const record = z.record(z.unknown());

const jsonObject = z.union([
	record,
	z.string().transform((text, context) => {
		const fail = () => {
			context.addIssue({ code: z.ZodIssueCode.custom, message: 'must be a JSON object' });
			return z.NEVER;
		};
		try {
			const parsed = record.safeParse(JSON.parse(text === '' ? '{}' : text));
			return parsed.success ? parsed.data : fail();
		} catch {
			return fail();
		}
	}),
]);

const assignments = z
	.object({ assignments: z.array(z.object({ name: z.string(), value: z.unknown() })).default([]) })
	.transform(({ assignments: rows }) =>
		Object.fromEntries(rows.filter((row) => row.name !== '').map((row) => [row.name, row.value])),
	);

/** Text without spaces around it; null where it is empty. */
export const trimmedOrNull = z
	.union([z.string(), z.number().transform(String)])
	.transform((text) => (text.trim() === '' ? null : text.trim()))
	.nullable()
	.default(null);

/** The output options, as they are read and as they are kept while an execution is suspended. */
export const outputOptionsSchema = z.object({
	binaryField: z.string().trim().min(1, 'must not be empty').default('data'),
	download: z.boolean().default(true),
	fileName: trimmedOrNull,
	includeRun: z.boolean().default(false),
	output: z.enum(['perImage', 'perRun']).default('perImage'),
});

const itemOptionsSchema = outputOptionsSchema.extend({
	additionalInput: jsonObject.default({}),
	clientRef: trimmedOrNull.refine(
		(text) => text === null || text.length <= clientRefLimit,
		`must be at most ${clientRefLimit} characters long`,
	),
	metadata: assignments.default({}),
});

const completionSchema = z.enum(['none', 'poll', 'suspend']);

/** How the node goes on after it has started its runs. */
export type Completion = z.infer<typeof completionSchema>;

/** How long runs are waited for unless the options say otherwise, in seconds. */
const defaultTimeouts: Readonly<Record<Completion, number>> = {
	none: 600,
	poll: 600,
	suspend: 3600,
};

const nodeOptionsSchema = z.object({
	concurrency: z.number().int('must be a whole number').min(1, 'must be at least 1').default(10),
	maxImages: z.number().int('must be a whole number').min(0, 'must be at least 0').default(0),
	pollInterval: z.number().positive('must be greater than 0').default(3),
	timeout: z.number().positive('must be greater than 0').optional(),
});

/** How one run becomes items. */
export type OutputOptions = z.infer<typeof outputOptionsSchema>;

/** What holds for the whole node: `pollInterval` and `timeout` in seconds. */
export interface NodeOptions extends z.infer<typeof nodeOptionsSchema> {
	completion: Completion;
	timeout: number;
}

/** What one item asks for, checked. */
export interface ImageParameters {
	input: InputFields;
	metadata: Record<string, unknown>;
	/** The user's own reference, null where the node shall make one. */
	clientRef: string | null;
	/** Where Runflow shall call when the run has ended; null for nowhere. */
	callbackUrl: string | null;
	output: OutputOptions;
}

/**
 * Reads what holds for the whole node from the first item. As a tool of an agent the node can't be
 * suspended, since the agent waits for its answer, so it polls. Throws NodeOperationError that names
 * the field.
 */
export function readNodeOptions(context: IExecuteFunctions): NodeOptions {
	const { completion: chosen } = check(context, 0, z.object({ completion: completionSchema }), {
		completion: context.getNodeParameter('completion', 0, 'poll'),
	});
	const options = check(context, 0, nodeOptionsSchema, context.getNodeParameter('options', 0, {}));
	const completion = chosen === 'suspend' && isTool(context) ? 'poll' : chosen;
	return { ...options, completion, timeout: options.timeout ?? defaultTimeouts[completion] };
}

/** Whether the node runs as a tool of an AI agent, by the suffix that n8n gives to its type. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}

/**
 * Reads and checks what one item asks for, but for the images that edit works on. `schema` is that of the
 * operation's fields. Throws NodeOperationError that names the field.
 */
export function readImageParameters(
	context: IExecuteFunctions,
	itemIndex: number,
	schema: typeof generateInputSchema | typeof editFieldsSchema,
): ImageParameters {
	const read = (name: string) => context.getNodeParameter(name, itemIndex);
	const { additionalInput, clientRef, metadata, ...output } = check(
		context,
		itemIndex,
		itemOptionsSchema,
		context.getNodeParameter('options', itemIndex, {}),
	);
	const size = read('imageSize');
	const input = check(context, itemIndex, schema, {
		prompt: read('prompt'),
		image_size: size === 'custom' ? { width: read('width'), height: read('height') } : size,
		quality: read('quality'),
		num_images: read('numImages'),
		output_format: read('outputFormat'),
		sync_mode: context.getNodeParameter('syncMode', itemIndex, false),
		...additionalInput,
	});
	const { callbackUrl } = check(context, itemIndex, z.object({ callbackUrl: trimmedOrNull }), {
		callbackUrl: context.getNodeParameter('callbackUrl', itemIndex, ''),
	});
	if (isTool(context)) output.download = false;
	return { input, metadata, clientRef, callbackUrl, output };
}

/**
 * Checks a value that was read for an item. Throws NodeOperationError that names the field by its label and says
 * what is wrong with it.
 */
export function check<T extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	itemIndex: number,
	schema: T,
	value: unknown,
): z.output<T> {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const lines = problemsOf(result.error.issues).map(
		({ path, message }) => `'${labelOf(path)}' ${message}`,
	);
	throw new NodeOperationError(context.getNode(), `${lines[0]}`, {
		itemIndex,
		description: [
			...lines.slice(1),
			'Nothing was sent to Runflow for this item. Correct the value, or the expression it comes from.',
		].join('. '),
	});
}

/** The issues of a failed check; of a choice between shapes, those of the shape that fits best. */
function problemsOf(issues: z.ZodIssue[]): Array<{ path: string[]; message: string }> {
	return issues.flatMap((issue) => {
		if (issue.code === z.ZodIssueCode.invalid_union) {
			const depth = (error: z.ZodError) => Math.max(...error.issues.map(({ path }) => path.length));
			const [best] = [...issue.unionErrors].sort((one, other) => depth(other) - depth(one));
			return problemsOf(best?.issues ?? []);
		}
		const message =
			issue.code === z.ZodIssueCode.invalid_enum_value
				? `must be one of ${issue.options.join(', ')}`
				: issue.message.replace(/^[A-Z]/, (letter) => letter.toLowerCase());
		return [{ path: issue.path.map(String), message }];
	});
}
