import {
	BINARY_IN_JSON_PROPERTY,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';
import { z } from 'zod/v3';

const filesSchema = z.record(z.object({ id: z.string() }).nullable().catch(null)).catch({});

/**
 * Whether the file that n8n keeps under an id came with the item or is in a node's output. n8n reads any
 * file by its id alone, even one of another execution, and an id may be in any JSON that a stranger sends.
 */
export function isOwnFile(context: IExecuteFunctions, itemIndex: number, id: string): boolean {
	const isInJson = context.getWorkflowSettings().binaryMode === 'combined';
	const hasFile = ({ binary, json }: INodeExecutionData) =>
		[binary, isInJson && json[BINARY_IN_JSON_PROPERTY]]
			.flatMap((files) => Object.values(filesSchema.parse(files)))
			.some((file) => file?.id === id);

	const item = context.getInputData()[itemIndex];
	if (item !== undefined && hasFile(item)) return true;
	return nodeNames(context).some((name) => {
		for (const output of outputsOf(context, name)) if (hasFile(output)) return true;
		return false;
	});
}

/** The nodes before this one and, because nothing leads to a tool, those that its expressions name. */
function nodeNames(context: IExecuteFunctions): string[] {
	const { name, parameters } = context.getNode();
	const quoted = JSON.stringify(parameters).matchAll(/(?<quote>'|`|\\")(?<text>.+?)\k<quote>/g);
	const before = context.getParentNodes(name).map((node) => node.name);
	return [...before, ...[...quoted].map(({ groups }) => groups?.text ?? '')];
}

/** The items of every run and output of a node; none if there is no such node. */
function* outputsOf(context: IExecuteFunctions, name: string): Generator<INodeExecutionData> {
	const { $items } = context.getWorkflowDataProxy(0);
	for (let run = 0, output = 0; ; output += 1) {
		try {
			yield* $items(name, output, run);
		} catch {
			// n8n has no other way to tell that there is no such output
			if (output === 0) return;
			run += 1;
			output = -1;
		}
	}
}
