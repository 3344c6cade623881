import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { escaped } from './expressions';

const lastNode = z.literal('lastNode');

/** The nodes that answer their caller with what the last node outputs. A form is not among them: it waits through a suspension. */
const answeringSchema = z.union([
	z.object({
		name: z.string(),
		type: z.literal('n8n-nodes-base.webhook'),
		parameters: z.object({ responseMode: lastNode }),
	}),
	z.object({
		name: z.string(),
		type: z.literal('n8n-nodes-base.wait'),
		parameters: z.object({ resume: z.literal('webhook'), responseMode: lastNode }),
	}),
	z.object({
		name: z.string(),
		type: z.literal('@n8n/n8n-nodes-langchain.chatTrigger'),
		parameters: z.object({
			public: z.literal(true),
			options: z.object({ responseMode: lastNode.default('lastNode') }),
		}),
	}),
]);

/**
 * Whether a webhook or chat that was called answers with what the last node outputs: n8n takes the first
 * node that suspends the execution for the last.
 */
export function awaitsLastNode(context: IExecuteFunctions): boolean {
	const before = context.getParentNodes(context.getNode().name, { includeNodeParameters: true });
	return before.some((node) => {
		const answering = answeringSchema.safeParse(node);
		if (!answering.success) return false;
		const name = escaped(answering.data.name);
		return context.evaluateExpression(`{{ $("${name}").isExecuted }}`, 0) === true;
	});
}
