import { editFieldsSchema, generateInputSchema, type RunRequest } from '../runflow/input';
import type { Settings } from './options';

type Input = RunRequest['input'];
type Stored = Record<string, unknown>;

/** Fields that other models of the same kind have. */
const moreFields = { background: 'auto', seed: null };

/** An input as a run shows it: in the API's own way, as far as the settings say so. */
export function storedInput(input: Input, settings: Settings): Stored {
	const { addsFields, numbersAsText, omitsDefaults, plainTexts } = settings;
	const kept = omitsDefaults ? withoutDefaults(input) : input;
	const values = Object.entries(kept).map(([name, value]): [string, unknown] => {
		if (plainTexts && typeof value === 'string') return [name, plainText(value)];
		return [name, numbersAsText ? asText(value) : value];
	});
	return { ...Object.fromEntries(values), ...(addsFields && moreFields) };
}

function withoutDefaults(input: Input): Stored {
	const schema = input.image_urls === undefined ? generateInputSchema : editFieldsSchema;
	const defaults = new Map<string, unknown>(Object.entries(schema.parse({ prompt: input.prompt })));
	return Object.fromEntries(
		Object.entries(input).filter(
			([name, value]) => name === 'prompt' || defaults.get(name) !== value,
		),
	);
}

function plainText(text: string): string {
	return text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
}

function asText(value: unknown): unknown {
	if (typeof value === 'number') return String(value);
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asText(inner)]));
}
