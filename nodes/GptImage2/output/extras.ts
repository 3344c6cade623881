import type { IBinaryKeyData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { z } from 'zod/v3';

import { readExtras } from '../parameters/extras';

const pairSchema = z.object({ item: z.number() });

/**
 * Completes what the node outputs: every file gets a unique name unless the user named it, and each row
 * gets the public link and the fields of its input item if the options ask for them; the node's own fields
 * take precedence. Error rows are unchanged.
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

/** Returns a row with the links of its images, which n8n serves for this many days. */
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
