import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { RunflowApi } from '../../credentials/RunflowApi.credentials';
import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { GptImage2Trigger } from '../../nodes/GptImage2/GptImage2Trigger.node';

const root = join(__dirname, '..', '..');

type Entry = INodeProperties | INodePropertyOptions | INodePropertyCollection;

/** A field and all fields inside its collections. */
function withInner(field: INodeProperties): INodeProperties[] {
	const inner = (field.options ?? []).flatMap((entry: Entry) =>
		'values' in entry ? entry.values : 'type' in entry ? [entry] : [],
	);
	return [field, ...inner.flatMap(withInner)];
}

const fields = [
	...new GptImage2().description.properties,
	...new GptImage2Trigger().description.properties,
	...new RunflowApi().properties,
].flatMap(withInner);

/** Files with text for users or readers, by their path in the repository. */
function textFiles(): string[] {
	const inFolders = ['nodes', 'credentials', 'runflow', 'docs', 'examples'].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
			join(folder, name),
		),
	);
	const atTop = readdirSync(root).filter((name) => name.endsWith('.md'));
	return [...inFolders, ...atTop].filter((name) => /\.(ts|json|md)$/.test(name));
}

describe("n8n's guidelines", () => {
	it('have sensitive fields be password fields', () => {
		const sensitive = fields.filter(({ name }) => /key|secret|password|token/i.test(name));
		expect(sensitive.map(({ name }) => name)).toEqual(['apiKey', 'signingSecrets']);
		for (const { typeOptions } of sensitive) expect(typeOptions?.password).toBe(true);
	});

	it("have placeholders begin with 'e.g.', except those of buttons", () => {
		const placeholders = fields.flatMap(({ type, placeholder }) =>
			placeholder !== undefined && type !== 'collection' ? [placeholder] : [],
		);
		expect(placeholders.filter((text) => !text.startsWith('e.g. '))).toEqual([]);
	});

	it("have descriptions of switches begin with 'Whether'", () => {
		const switches = fields.filter(({ type }) => type === 'boolean');
		expect(switches.filter(({ description }) => !description?.startsWith('Whether '))).toEqual([]);
	});

	it('have a description for every field but those whose options explain themselves', () => {
		const bare = fields.filter(
			({ type, description }) => description === undefined && type !== 'notice',
		);
		expect([...new Set(bare.map(({ displayName }) => displayName))].sort()).toEqual(
			['Filters', 'Operation', 'Options', 'Resource'].sort(),
		);
	});

	it('have messages and advice do without words that only frighten', () => {
		const folder = join(root, 'nodes', 'GptImage2', 'errors');
		const sentences = readdirSync(folder).flatMap((name) => {
			const text = readFileSync(join(folder, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
			const literals = [...text.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)];
			return literals
				.map(([, single, double, template]) => single ?? double ?? template ?? '')
				.map((literal) => literal.replace(/\$\{[^}]*\}/g, ''))
				.filter((literal) => literal.includes(' '));
		});
		expect(sentences.length).toBeGreaterThan(30);
		const frightening = /\b(error|problem|failure|mistake)s?\b/i;
		expect(sentences.filter((sentence) => frightening.test(sentence))).toEqual([]);
	});

	it('have everything in English, which needs no letters of other scripts', () => {
		const foreign = /[^\p{Script=Latin}\p{Script=Common}]/u;
		const files = textFiles();
		expect(files.length).toBeGreaterThan(50);
		expect(files.filter((name) => foreign.test(readFileSync(join(root, name), 'utf8')))).toEqual(
			[],
		);
	});
});
