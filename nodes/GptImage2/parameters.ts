import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { clientRefLimit, generateInputSchema, type GenerateInput } from '../../runflow/input';
import { labelOf } from './labels';

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

const trimmedOrNull = z
	.union([z.string(), z.number().transform(String)])
	.transform((text) => (text.trim() === '' ? null : text.trim()))
	.nullable()
	.default(null);

const itemOptionsSchema = z.object({
	additionalInput: jsonObject.default({}),
	binaryField: z.string().trim().min(1, 'must not be empty').default('data'),
	clientRef: trimmedOrNull.refine(
		(text) => text === null || text.length <= clientRefLimit,
		`must be at most ${clientRefLimit} characters long`,
	),
	download: z.boolean().default(true),
	fileName: trimmedOrNull,
	includeRun: z.boolean().default(false),
	metadata: assignments.default({}),
	output: z.enum(['perImage', 'perRun']).default('perImage'),
});

const nodeOptionsSchema = z.object({
	concurrency: z.number().int('must be a whole number').min(1, 'must be at least 1').default(10),
	maxImages: z.number().int('must be a whole number').min(0, 'must be at least 0').default(0),
	pollInterval: z.number().positive('must be greater than 0').default(3),
	timeout: z.number().positive('must be greater than 0').default(600),
});

/** How one run becomes items. */
export type OutputOptions = Pick<
	z.infer<typeof itemOptionsSchema>,
	'binaryField' | 'download' | 'fileName' | 'includeRun' | 'output'
>;

/** The options that hold for the whole node: `pollInterval` and `timeout` in seconds. */
export type NodeOptions = z.infer<typeof nodeOptionsSchema>;

/** What one item asks for, checked. */
export interface ImageParameters {
	input: GenerateInput;
	metadata: Record<string, unknown>;
	/** The user's own reference, null where the node shall make one. */
	clientRef: string | null;
	output: OutputOptions;
}

/** Reads the options of the whole node from the first item. Throws NodeOperationError that names the field. */
export function readNodeOptions(context: IExecuteFunctions): NodeOptions {
	return check(context, 0, nodeOptionsSchema, context.getNodeParameter('options', 0, {}));
}

/** Reads and checks what one item asks `generate` for. Throws NodeOperationError that names the field. */
export function readImageParameters(context: IExecuteFunctions, itemIndex: number): ImageParameters {
	const read = (name: string) => context.getNodeParameter(name, itemIndex);
	const { additionalInput, clientRef, metadata, ...output } = check(
		context,
		itemIndex,
		itemOptionsSchema,
		context.getNodeParameter('options', itemIndex, {}),
	);
	const size = read('imageSize');
	const input = check(context, itemIndex, generateInputSchema, {
		prompt: read('prompt'),
		image_size: size === 'custom' ? { width: read('width'), height: read('height') } : size,
		quality: read('quality'),
		num_images: read('numImages'),
		output_format: read('outputFormat'),
		sync_mode: read('syncMode'),
		...additionalInput,
	});
	return { input, metadata, clientRef, output };
}

function check<T extends z.ZodTypeAny>(
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
