import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { escaped } from './expressions';

const lastNode = z.literal('lastNode');

/**
 * The types of nodes that answer their caller, and with which parameters they do so by what the last node
 * outputs. A form is not among them: it waits through a suspension.
 */
const answering: ReadonlyMap<string, z.ZodTypeAny> = new Map<string, z.ZodTypeAny>([
	['n8n-nodes-base.webhook', z.object({ responseMode: lastNode })],
	['n8n-nodes-base.wait', z.object({ resume: z.literal('webhook'), responseMode: lastNode })],
	[
		'@n8n/n8n-nodes-langchain.chatTrigger',
		z.object({
			public: z.literal(true),
			options: z.object({ responseMode: lastNode.default('lastNode') }),
		}),
	],
]);

/**
 * Whether a webhook or chat that was called answers with what the last node outputs: n8n takes the first
 * node that suspends the execution for the last.
 */
export function awaitsLastNode(context: IExecuteFunctions): boolean {
	const before = context.getParentNodes(context.getNode().name, { includeNodeParameters: true });
	return before.some(
		({ name, parameters, type }) =>
			answering.get(type)?.safeParse(parameters).success === true &&
			context.evaluateExpression(`{{ $("${escaped(name)}").isExecuted }}`, 0) === true,
	);
}
