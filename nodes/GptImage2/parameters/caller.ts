import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { escaped } from './expressions';

const lastNode = z.literal('lastNode');

/**
 * The types of nodes that answer their caller, and the parameters with which they answer with the last
 * node's output. A form is not among them, because it waits through a suspension.
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
 * Whether a called webhook or chat answers with the last node's output. n8n mistakes the first node that
 * suspends the execution for the last.
 */
export function awaitsLastNode(context: IExecuteFunctions): boolean {
	const before = context.getParentNodes(context.getNode().name, { includeNodeParameters: true });
	return before.some(
		({ name, parameters, type }) =>
			answering.get(type)?.safeParse(parameters).success === true &&
			context.evaluateExpression(`{{ $("${escaped(name)}").isExecuted }}`, 0) === true,
	);
}
