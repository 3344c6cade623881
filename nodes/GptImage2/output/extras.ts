import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { hasErrorOutput } from '../errors/errorRow';
import { mayHaveExtras, namesFiles, readExtras } from '../parameters/extras';
import { furtherKeys } from './items';

const pairSchema = z.object({ item: z.number() });

/**
 * Completes what the node outputs: every file gets a unique name unless the user named it, and each row
 * gets the public link and the fields of its input item if the options ask for them; the node's own fields
 * take precedence. Rows on their way to an error output are unchanged: n8n adds the input's fields itself.
 */
export function withExtras(
	context: IExecuteFunctions,
	rows: INodeExecutionData[],
): INodeExecutionData[] {
	if (!namesFiles(context)) nameApart(rows);
	if (!mayHaveExtras(context)) return rows;
	const items = context.getInputData();
	return rows.map((row) => {
		const pair = pairSchema.safeParse(row.pairedItem);
		const isRefused = row.json.error !== undefined;
		if (!pair.success || (isRefused && hasErrorOutput(context.getNode()))) return row;
		const { item } = pair.data;
		const { includeInputFields, publicLink: days } = readExtras(context, item);
		const linked = days > 0 ? withLink(context, row, days) : row;
		if (!includeInputFields) return linked;
		return { ...linked, json: { ...linked.json, ...besides(items[item]?.json), ...linked.json } };
	});
}

/** Fields by which the row of another picture would describe this one. */
const ofOtherPictures: ReadonlySet<string> = new Set(['error', 'public_url', ...furtherKeys]);

/** The fields of an input item that may stand beside a picture. */
function besides(input: IDataObject = {}): IDataObject {
	return Object.fromEntries(Object.entries(input).filter(([key]) => !ofOtherPictures.has(key)));
}

/** Returns a row with the link of its first image, which n8n serves for this many days. */
function withLink(
	context: IExecuteFunctions,
	row: INodeExecutionData,
	days: number,
): INodeExecutionData {
	const [first] = filesOf(row.binary);
	if (first === undefined) return row;
	const public_url = context.helpers.createBinarySignedUrl(first, `${days} days`);
	return { ...row, json: { ...row.json, public_url } };
}

/** Renames files with the same name: two prompts may have the same words, and two run ids the same end. */
function nameApart(rows: INodeExecutionData[]): void {
	const taken = new Set<string>();
	for (const { binary, json } of rows) {
		for (const file of filesOf(binary)) {
			const { fileName } = file;
			if (fileName === undefined) continue;
			const own = unusedName(fileName, taken);
			taken.add(own);
			if (own === fileName) continue;
			file.fileName = own;
			if (json.file_name === fileName) json.file_name = own;
		}
	}
}

const filesOf = (binary: IBinaryKeyData | undefined) => Object.values(binary ?? {});

function unusedName(name: string, taken: ReadonlySet<string>): string {
	const dot = name.lastIndexOf('.');
	for (let number = 1; ; number++) {
		const own = number === 1 ? name : `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
		if (!taken.has(own)) return own;
	}
}
