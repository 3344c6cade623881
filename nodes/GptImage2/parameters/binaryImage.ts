import { createHash } from 'node:crypto';

import { BINARY_IN_JSON_PROPERTY, type IBinaryData, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { largestAssetBytes } from '../../../runflow/assets';
import { labelOf } from '../fields/labels';
import { headBytes, imageKindOf } from '../imageKind';
import { isOwnFile } from './ownFiles';
import { Parameters } from './reader';
import { textList } from './values';

/** An image that comes with the item and must be uploaded. */
export interface BinaryImage {
	binary: IBinaryData;
	/**
	 * Identifies the image: the hash of its content or, if n8n keeps the content in a file, the file's id
	 * until it has been read.
	 */
	fingerprint: string;
	/** Whether it is a PNG with transparency, which a mask in Runflow's sense does without. */
	isTransparent: boolean;
}

/** The name of a binary field, or the value of an expression in its place. */
export type BinaryReference = string | Record<string, unknown>;

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;

/** Names of binary fields, separated by commas, and values of expressions, alone or in a list. */
export const binaryReferences = z
	.unknown()
	.transform((value) =>
		[value]
			.flat()
			.flatMap((one): BinaryReference[] => (isObject(one) ? [one] : textList.parse(one ?? ''))),
	);

/** The value of an expression; it lacks the content if n8n keeps that in memory. */
const yieldedSchema = z.object({
	mimeType: z.string(),
	data: z.string().default(''),
	id: z.string().optional(),
	bytes: z.number().optional().catch(undefined),
	fileName: z.string().optional().catch(undefined),
});

/**
 * Returns the image that a reference in the field `parameter` leads to: a binary field of the item, even if
 * the workflow's settings make binary data part of the JSON, or binary data itself. Throws
 * NodeOperationError if there is none, if its first bytes are not those of an image, or if it is too large.
 */
export async function readBinaryImage(
	context: IExecuteFunctions,
	itemIndex: number,
	reference: BinaryReference,
	parameter: string,
): Promise<BinaryImage> {
	const parameters = new Parameters(context, itemIndex);
	const label = labelOf([parameter]);
	if (typeof reference === 'string') {
		const named = `'${label}' names '${reference}'`;
		const binary = findField(context, itemIndex, reference);
		if (binary !== null) return await toImage(context, itemIndex, binary, named);
		const names = fieldNames(context, itemIndex).map((name) => `'${name}'`);
		throw parameters.refuse(
			`${named}, and the item has no such binary field`,
			names.length > 0 ? `It has ${names.join(', ')}.` : 'It has no binary data at all.',
		);
	}
	const yielded = yieldedSchema.safeParse(reference);
	if (!yielded.success) {
		throw parameters.refuse(
			`'${label}' yields something other than binary data`,
			'Enter the name of a binary field, or an expression that yields binary data.',
		);
	}
	const { data: binary } = yielded;
	const named = `'${label}' yields '${binary.fileName ?? 'binary data'}'`;
	if (binary.data === '' && binary.id === undefined) {
		throw parameters.refuse(
			`${named} without its content`,
			'Enter the name of the binary field instead of an expression.',
		);
	}
	return await toImage(context, itemIndex, binary, named);
}

function fieldsOf(context: IExecuteFunctions, itemIndex: number): Record<string, IBinaryData> {
	return context.getInputData()[itemIndex]?.binary ?? {};
}

/** The names of an item's binary fields, wherever the workflow's settings make n8n keep them. */
function fieldNames(context: IExecuteFunctions, itemIndex: number): string[] {
	const inJson = context.getInputData()[itemIndex]?.json[BINARY_IN_JSON_PROPERTY];
	return [fieldsOf(context, itemIndex), isObject(inJson) ? inJson : {}].flatMap(Object.keys);
}

function findField(
	context: IExecuteFunctions,
	itemIndex: number,
	name: string,
): IBinaryData | null {
	for (const path of [name, `${BINARY_IN_JSON_PROPERTY}.${name}`]) {
		try {
			return context.helpers.assertBinaryData(itemIndex, path);
		} catch {
			// n8n's own message for a missing field; ours names the fields that exist
		}
	}
	return fieldsOf(context, itemIndex)[name] ?? null;
}

/** The colour types of PNG that have an alpha channel, by their number in its header. */
const pngTypesWithAlpha: ReadonlySet<number> = new Set([4, 6]);

/** The image in binary data, whatever it is labelled as. */
async function toImage(
	context: IExecuteFunctions,
	itemIndex: number,
	binary: IBinaryData,
	named: string,
): Promise<BinaryImage> {
	const parameters = new Parameters(context, itemIndex);
	if (binary.id !== undefined && !isOwnFile(context, itemIndex, binary.id)) {
		throw parameters.refuse(
			`${named}, which no node of this execution has put out`,
			"Enter the name of the item's binary field, or an expression that yields a node's binary data, such as {{ $('Form').item.binary.data }}.",
		);
	}
	if (sizeInBytes(binary) > largestAssetBytes) {
		throw parameters.refuse(
			`${named}, which is larger than 50 MiB`,
			'Runflow accepts files of up to 50 MiB. Make the image smaller first.',
		);
	}
	const head = await headOf(context, binary).catch(() => {
		throw parameters.refuse(
			`${named}, whose content n8n no longer has`,
			'Run the node that makes the image again.',
		);
	});
	const kind = imageKindOf(head);
	if (kind === null) {
		throw parameters.refuse(
			head.length === 0 ? `${named}, which is empty` : `${named}, which is not an image`,
			'Runflow edits images only. The content of the file counts, not its name.',
		);
	}
	return {
		binary: { ...binary, mimeType: kind.mimeType },
		fingerprint: binary.id ?? createHash('sha256').update(binary.data, 'base64').digest('hex'),
		isTransparent: kind.mimeType === 'image/png' && pngTypesWithAlpha.has(head[25] ?? 0),
	};
}

/** The first bytes of a file. */
async function headOf({ helpers }: IExecuteFunctions, { data, id }: IBinaryData): Promise<Buffer> {
	if (id === undefined) return Buffer.from(data.slice(0, headBytes * 2), 'base64');
	let head = Buffer.alloc(0);
	for await (const chunk of await helpers.getBinaryStream(id)) {
		head = Buffer.concat([head, chunk]);
		if (head.length >= headBytes) break;
	}
	return head;
}

/** The size of a binary field in bytes; 0 if n8n doesn't say. */
export function sizeInBytes({ bytes, data, id }: IBinaryData): number {
	return bytes ?? (id ? 0 : Buffer.byteLength(data, 'base64'));
}
