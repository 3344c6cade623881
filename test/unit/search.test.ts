import action from '../../nodes/GptImage2/GptImage2.node.json';
import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { GptImage2Trigger } from '../../nodes/GptImage2/GptImage2Trigger.node';

const node = new GptImage2().description;
const trigger = new GptImage2Trigger().description;

/** Stricter than n8n's search, which wants the letters of a phrase in order: its words have to begin words, in order. */
function finds(phrase: string, text: string): boolean {
	const words = text.toLowerCase().split(' ');
	let from = 0;
	return phrase
		.toLowerCase()
		.split(' ')
		.every((part) => {
			const index = words.findIndex((word, at) => at >= from && word.startsWith(part));
			from = index + 1;
			return index >= 0;
		});
}

const phrases = [
	'generate image',
	'create image',
	'image generation',
	'ai image',
	'text to image',
	'text-to-image',
	'edit image',
	'edit photo',
	'image editing',
	'image editor',
	'image generator',
	'gpt image',
	'gpt-image-2',
	'openai image',
	'chatgpt image',
	'dall-e',
	'runflow',
	'make picture',
	'generate images',
	'callback',
	'picture is ready',
];

describe('the search of the node panel', () => {
	it.each(phrases)('finds the node by %s', (phrase) => {
		const searched = [node.displayName, ...action.alias];
		expect(searched.filter((text) => finds(phrase, text))).not.toEqual([]);
	});

	it('does not find it by what it is not', () => {
		expect(action.alias.filter((text) => finds('video', text))).toEqual([]);
	});

	it('keeps it out of the AI category, whose nodes the usual search hides', () => {
		expect(action.categories).not.toContain('AI');
	});
});

describe('the entry in the node panel', () => {
	it('stands for the node and its trigger, by their names', () => {
		expect(trigger.name).toBe(`${node.name}Trigger`);
		expect(trigger.displayName).toBe(`${node.displayName} Trigger`);
	});

	it("describes both, since n8n puts the trigger's description over it", () => {
		expect(trigger.description).toContain(node.description);
	});

	it('names operations in sentence case and without articles', () => {
		const actions = node.properties
			.filter(({ name }) => name === 'operation')
			.flatMap(({ options }) => options ?? [])
			.map((option) => ('action' in option ? String(option.action) : ''));
		expect(actions).toHaveLength(7);
		for (const action of actions) {
			expect(action).toMatch(/^[A-Z][a-z ]+$/);
			expect(action).not.toMatch(/\b(a|an|the)\b/i);
		}
	});
});
