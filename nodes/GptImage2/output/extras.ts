import type { IBinaryKeyData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { z } from 'zod/v3';

import { readExtras } from '../parameters/extras';

const pairSchema = z.object({ item: z.number() });

/**
 * What the node outputs in the end: every file has a name of its own unless the user named it, and each row
 * has the public link and the fields of its input item that the options ask for; what the node outputs itself
 * wins. Error rows stay as they are.
 */
export async function withExtras(
	context: IExecuteFunctions,
	rows: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const { isNamedByUser, mayHaveExtras } = readExtras(context);
	if (!isNamedByUser) nameApart(rows);
	if (!mayHaveExtras) return rows;
	const items = context.getInputData();
	return rows.map((row) => {
		const pair = pairSchema.safeParse(row.pairedItem);
		if (!pair.success || row.json.error !== undefined) return row;
		const { item } = pair.data;
		const { includeInputFields, publicLinkDays } = readExtras(context, item);
		const linked = publicLinkDays > 0 ? withLinks(context, row, publicLinkDays) : row;
		if (!includeInputFields) return linked;
		return { ...linked, json: { ...linked.json, ...items[item]?.json, ...linked.json } };
	});
}

/** A row with the links of its images, which n8n serves for so many days. */
function withLinks(
	context: IExecuteFunctions,
	row: INodeExecutionData,
	days: number,
): INodeExecutionData {
	const links = Object.values(row.binary ?? {}).map((binary) =>
		context.helpers.createBinarySignedUrl(binary, `${days} days`),
	);
	const [public_url = null] = links;
	return { ...row, json: { ...row.json, ...(public_url !== null && { public_url }) } };
}

/** Renames files of the same name: two prompts may have the same words, and two runs the same end of their ids. */
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
