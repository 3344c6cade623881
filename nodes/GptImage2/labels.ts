import type { INodeProperties } from 'n8n-workflow';

import { completionFields } from './fields/completion';
import { imageFields } from './fields/image';
import { optionsFields } from './fields/options';
import { runFields } from './fields/run';

const camelCase = (name: string) =>
	name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

function isField(option: object): option is INodeProperties {
	return 'displayName' in option && 'type' in option;
}

const fields = [
	...imageFields,
	...completionFields,
	...runFields,
	...[...optionsFields, ...runFields].flatMap((field) => field.options ?? []).filter(isField),
];

/**
 * The label a user sees for a place in the input or the options, given as a path such as
 * `['image_size', 'width']`: the innermost part that is a field of the node, or else the path itself.
 */
export function labelOf(path: string[]): string {
	for (const part of [...path].reverse()) {
		const field = fields.find(({ name }) => name === camelCase(part));
		if (field) return field.displayName;
	}
	return path.join('.');
}
