import type { INodeProperties } from 'n8n-workflow';

import { completionFields } from './completion';
import { editFields, generateFields } from './image';
import { optionsFields } from './options';
import { runFields } from './run';
import { simplifyField } from './simplify';

const camelCase = (name: string) =>
	name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** Parts of the input whose field has a different name. */
const fieldOf: Readonly<Record<string, string>> = { image_urls: 'inputUrls', mask_url: 'maskUrl' };

function isField(option: object): option is INodeProperties {
	return 'displayName' in option && 'type' in option;
}

const fields = [
	...generateFields,
	...editFields,
	...completionFields,
	...runFields,
	simplifyField,
	...[...optionsFields, ...runFields].flatMap((field) => field.options ?? []).filter(isField),
];

/**
 * Returns the label that a user sees for a path in the input or the options, such as `['image_size',
 * 'width']`: that of the innermost part that is a field of the node, otherwise the path itself.
 */
export function labelOf(path: string[]): string {
	for (const part of [...path].reverse()) {
		const wanted = fieldOf[part] ?? camelCase(part);
		const field = fields.find(({ name }) => name === wanted);
		if (field) return field.displayName;
	}
	return path.join('.');
}
