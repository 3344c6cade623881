import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { ruleSchema, settingsSchema } from '../../simulator/options';
import { table } from './parts';

const folder = join(__dirname, '..', '..', 'simulator');

/** Nothing but tags of docs/sources.md in parentheses, as comments end with them. */
const tagsOnly = / \([A-Z][A-Z-]+(?:, [A-Z][A-Z-]+)*\)/g;

/** The tags of docs/sources.md that a comment names. */
function tagsIn(comment: string): string {
	const page = readFileSync(join(folder, '..', 'docs', 'sources.md'), 'utf8');
	const known = new Set([...page.matchAll(/^\| ([A-Z][A-Z-]+) \|/gm)].map(([, tag]) => tag));
	const words = comment.match(/\b[A-Z][A-Z-]+\b/g) ?? [];
	return [...new Set(words)].filter((word) => known.has(word)).join(', ');
}

/** The tables of what the simulator can be told to do, by the names of their parts in the page. */
export function simulatorTables(): Record<string, string> {
	const comments = readComments();
	const rows = (names: readonly string[], more: (name: string) => string[]) =>
		names.map((name) => {
			const comment = comments.get(name);
			if (comment === undefined) throw new Error(`the simulator doesn't say what '${name}' does`);
			return [`\`${name}\``, comment.replace(tagsOnly, ''), ...more(name), tagsIn(comment)];
		});
	const defaults: Readonly<Record<string, unknown>> = settingsSchema.parse({});
	const rules = ruleSchema.options.map(({ shape }) => shape.do.value);
	return {
		settings: table(
			['Setting', 'What it decides', 'Default', 'Source'],
			rows(Object.keys(defaults), (name) => [`\`${shortJson(defaults[name])}\``]),
		),
		rules: table(
			['Rule', 'What happens', 'Source'],
			rows(rules, () => []),
		),
	};
}

function shortJson(value: unknown): string {
	return Array.isArray(value) && value.length > 3 ? '[…]' : JSON.stringify(value);
}

/** The comments of settings and rules in the simulator's code, by their names. */
function readComments(): Map<string, string> {
	const comments = new Map<string, string>();
	for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
		const text = readFileSync(join(folder, name), 'utf8');
		const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
		const visit = (node: ts.Node): void => {
			const named = ts.isPropertyAssignment(node)
				? node.name.getText(source)
				: ts.isCallExpression(node) && ruleOf(node.getText(source));
			const comment = named ? commentBefore(node, text) : null;
			if (named && comment !== null && !comments.has(named)) comments.set(named, comment);
			ts.forEachChild(node, visit);
		};
		visit(source);
	}
	return comments;
}

function ruleOf(code: string): string | null {
	return /^z\.object\(\{\s*do: z\.literal\('([\w-]+)'\)/.exec(code)?.[1] ?? null;
}

function commentBefore(node: ts.Node, text: string): string | null {
	const [range] = ts.getLeadingCommentRanges(text, node.getFullStart())?.slice(-1) ?? [];
	if (range === undefined) return null;
	const lines = text.slice(range.pos, range.end).replace(/^\/\*\*|\*\/$/g, '');
	return lines.replace(/\s*\n\s*\*?\s*/g, ' ').trim();
}
