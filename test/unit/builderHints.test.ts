import type { IBuilderHint } from 'n8n-workflow';
import { z } from 'zod/v3';

import { actionHint, triggerHint } from '../../nodes/GptImage2/builderHints';
import { currentContract } from '../../scripts/docs/contract';

const { nodes } = currentContract();
const parametersSchema = z.record(z.unknown());
const innerSchema = z.record(z.unknown());

/** The patterns of a hint, with the fields of the operation that they are shown for. */
function patternsIn(hint: IBuilderHint, type: string) {
	return (hint.extraTypeDefContent ?? []).flatMap(({ content, displayOptions }) => {
		const { resource = [], operation = [] } = displayOptions?.show ?? {};
		const name = displayOptions ? `${resource.join()} → ${operation.join()}` : 'gptImage2Trigger';
		const fields = nodes[type]?.fields[`${name} (version 1.1)`] ?? [];
		return [...content.matchAll(/<pattern title="(.+)">\nparameters: (.+)\n<\/pattern>/g)].map(
			([, title = '', json = '']) => ({
				title,
				fields,
				parameters: parametersSchema.parse(JSON.parse(json)),
			}),
		);
	});
}

const patterns = [
	...patternsIn(actionHint, 'n8n-nodes-runflow.gptImage2'),
	...patternsIn(triggerHint, 'n8n-nodes-runflow.gptImage2Trigger'),
];

describe("what n8n's AI workflow builder is told", () => {
	it('has patterns for waiting, suspending, editing, fetching and the trigger', () => {
		expect(patterns).toHaveLength(6);
	});

	it.each(patterns)('has only fields and values that there are: $title', (pattern) => {
		const { fields, parameters } = pattern;
		const field = (name: string) => fields.find((one) => one.name === name);
		const inner = Object.keys(innerSchema.parse(parameters.options ?? {}));
		const names = [...Object.keys(parameters), ...inner.map((name) => `options.${name}`)];
		expect(names.filter((name) => !field(name))).toEqual([]);
		const chosen = Object.entries(parameters).flatMap(([name, value]) =>
			[value].flat().map((one) => ({ name, one })),
		);
		const unknown = chosen.filter(({ name, one }) => {
			const { type, values = [] } = field(name) ?? {};
			return /options/i.test(type ?? '') && !values.includes(one);
		});
		expect(unknown).toEqual([]);
	});

	it.each(patterns)('fills in every field that is required: $title', ({ fields, parameters }) => {
		const missing = fields
			.filter(({ required }) => required)
			.filter(({ shown = {} }) =>
				Object.entries(shown).every(([name, values]) => values.includes(parameters[name])),
			)
			.filter(({ name }) => !(name in parameters));
		expect(missing).toEqual([]);
	});

	it('names nodes that there are', () => {
		const related = [actionHint, triggerHint].flatMap(({ relatedNodes = [] }) =>
			relatedNodes.map(({ nodeType }) => nodeType),
		);
		const own = related.filter((type) => !type.startsWith('n8n-nodes-base.'));
		expect(own.sort()).toEqual(Object.keys(nodes).sort());
	});
});
