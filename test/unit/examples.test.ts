import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { INode } from 'n8n-workflow';

import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { GptImage2Trigger } from '../../nodes/GptImage2/GptImage2Trigger.node';
import { examples, examplesFolder, readExample } from '../../scripts/examples';
import {
	boxOf,
	checklistOn,
	contains,
	isNote,
	neededHeight,
	overlaps,
	roomForText,
} from './canvas';

/** Nodes of n8n 2.41 that examples use, with the names n8n gives them. */
const builtIn: Readonly<Record<string, string>> = {
	'@n8n/n8n-nodes-langchain.agent': 'AI Agent',
	'@n8n/n8n-nodes-langchain.chainLlm': 'Basic LLM Chain',
	'@n8n/n8n-nodes-langchain.chatTrigger': 'When chat message received',
	'@n8n/n8n-nodes-langchain.lmChatOpenAi': 'OpenAI Chat Model',
	'@n8n/n8n-nodes-langchain.memoryBufferWindow': 'Simple Memory',
	'n8n-nodes-base.aggregate': 'Aggregate',
	'n8n-nodes-base.code': 'Code',
	'n8n-nodes-base.compression': 'Compression',
	'n8n-nodes-base.dataTable': 'Data table',
	'n8n-nodes-base.facebookGraphApi': 'Facebook Graph API',
	'n8n-nodes-base.filter': 'Filter',
	'n8n-nodes-base.form': 'Form',
	'n8n-nodes-base.formTrigger': 'On form submission',
	'n8n-nodes-base.googleDrive': 'Google Drive',
	'n8n-nodes-base.googleSheets': 'Google Sheets',
	'n8n-nodes-base.httpRequest': 'HTTP Request',
	'n8n-nodes-base.if': 'If',
	'n8n-nodes-base.manualTrigger': 'When clicking ‘Execute workflow’',
	'n8n-nodes-base.merge': 'Merge',
	'n8n-nodes-base.n8nTrigger': 'n8n Trigger',
	'n8n-nodes-base.noOp': 'No Operation, do nothing',
	'n8n-nodes-base.removeDuplicates': 'Remove Duplicates',
	'n8n-nodes-base.scheduleTrigger': 'Schedule Trigger',
	'n8n-nodes-base.set': 'Edit Fields',
	'n8n-nodes-base.stickyNote': 'Sticky Note',
	'n8n-nodes-base.stopAndError': 'Stop and Error',
	'n8n-nodes-base.summarize': 'Summarize',
	'n8n-nodes-base.telegram': 'Telegram',
	'n8n-nodes-base.telegramTrigger': 'Telegram Trigger',
	'n8n-nodes-base.wordpress': 'Wordpress',
};

const ours: Readonly<Record<string, string>> = {
	'n8n-nodes-runflow.gptImage2': new GptImage2().description.displayName,
	'n8n-nodes-runflow.gptImage2Tool': `${new GptImage2().description.displayName} Tool`,
	'n8n-nodes-runflow.gptImage2Trigger': new GptImage2Trigger().description.displayName,
};

/** The version that the editor gives a new node. */
const newest: Readonly<Record<string, unknown>> = Object.fromEntries(
	[new GptImage2().description, new GptImage2Trigger().description].map(
		({ name, version, defaultVersion }) => [`n8n-nodes-runflow.${name}`, defaultVersion ?? version],
	),
);

const defaultNames: Readonly<Record<string, string>> = { ...builtIn, ...ours };

/** Which trigger n8n's big button takes: the one that is highest here, and any app's stands at 8. */
const priorities: Readonly<Record<string, number>> = {
	'@n8n/n8n-nodes-langchain.chatTrigger': 8,
	'n8n-nodes-base.formTrigger': 10,
	'n8n-nodes-base.manualTrigger': 6,
	'n8n-nodes-base.n8nTrigger': 0,
	'n8n-nodes-base.scheduleTrigger': 7,
	'n8n-nodes-runflow.gptImage2Trigger': 8,
};
const priorityOf = ({ type }: INode) => priorities[type] ?? 0;

/** The colour of the notes that lie around the nodes of a step. */
const stepColor = 7;

const verbs = [
	'Add',
	'Answer',
	'Approve',
	'Catch',
	'Chat',
	'Draw',
	'Edit',
	'Fire',
	'Pick',
	'Post',
	'Reword',
	'Send',
	'Suspend',
	'Turn',
];

/** Names that keep their capitals in a workflow's name. */
const products = /\b(Drive|Google|Instagram|Sheets|Telegram|WordPress)\b/g;

const slug = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
const workingNodes = (nodes: INode[]) => nodes.filter((node) => !isNote(node));
const pairs = <T>(list: T[]) =>
	list.flatMap((one, position) => list.slice(position + 1).map((other) => [one, other] as const));

describe('the list of examples', () => {
	it('has every file of the folder, once', () => {
		const files = readdirSync(examplesFolder).map((file) => file.replace(/\.json$/, ''));
		expect(examples.map(({ name }) => name).sort()).toEqual(files.sort());
	});

	it('starts with the one that the demo opens', () => {
		expect(examples[0]?.tag).toBe('Start here');
	});
});

describe.each(examples)('the example $name', ({ name: file, form }) => {
	const example = readExample(file);
	const { nodes, connections } = example;
	const notes = nodes.filter(isNote);
	const working = workingNodes(nodes);

	it('is named after what it does: a verb first, in sentence case, like its file', () => {
		expect(verbs).toContain(example.name.split(' ')[0]);
		const name = example.name.replaceAll(products, (product) => product.toLowerCase());
		expect(name).toMatch(/^[A-Z][a-z ]+$/);
		expect(slug(example.name)).toBe(file);
	});

	it('says in its description what it does, in one to three sentences', () => {
		expect(example.description).toMatch(/^[A-Z].*\.$/);
		expect(example.description?.length).toBeGreaterThan(60);
		expect(example.description?.length).toBeLessThan(300);
	});

	it('has the newest version of our nodes', () => {
		const versions = working
			.filter(({ type }) => type in newest)
			.map(({ type, typeVersion }) => [type, typeVersion]);
		expect(versions).toEqual(versions.map(([type]) => [type, newest[String(type)]]));
	});

	it('has notes on set-up, on what to change and on what can go wrong', () => {
		const contents = notes.map(({ parameters }) => String(parameters.content));
		expect(contents[notes.findIndex((note) => note.name === 'Overview')]).toContain('### Set up');
		for (const heading of [`## ${example.name}`, '## Make it yours', '## What can go wrong'])
			expect(contents.filter((content) => content.startsWith(`${heading}\n`))).toHaveLength(1);
	});

	it('names each node in notes as it is named on the canvas', () => {
		const names = new Set(nodes.map((node) => node.name));
		const buttons = ['Execute workflow', 'Open chat'];
		for (const { parameters } of notes) {
			const bold = [...String(parameters.content).matchAll(/\*\*([^*]+)\*\*/g)];
			const named = bold.map(([, text]) => text ?? '').filter((text) => !/[:?]$/.test(text));
			expect(named.filter((text) => !names.has(text) && !buttons.includes(text))).toEqual([]);
		}
	});

	it('uses only nodes that n8n or this package has', () => {
		expect(nodes.map(({ type }) => type).filter((type) => !(type in defaultNames))).toEqual([]);
	});

	it('names nodes for what they do, not as n8n names them', () => {
		const taken = Object.values(defaultNames);
		expect(nodes.filter((node) => taken.includes(node.name.replace(/ ?\d+$/, '')))).toEqual([]);
		expect(new Set(nodes.map((node) => node.name)).size).toBe(nodes.length);
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
	});

	it('starts by hand what is to be started by hand, not the callback of a run', () => {
		const triggers = working.filter(({ type }) => type in priorities);
		const [first] = triggers.sort((one, other) => priorityOf(other) - priorityOf(one));
		expect(first?.type).not.toBe('n8n-nodes-runflow.gptImage2Trigger');
	});

	it('contains no credentials, keys or addresses of anybody', () => {
		expect(nodes.filter((node) => node.credentials !== undefined)).toEqual([]);
		const text = readFileSync(join(examplesFolder, `${file}.json`), 'utf8');
		expect(text).not.toMatch(/rf_(live|svc)_|whsec_|sk-|localhost|127\.0\.0\.1|https?:\/\//);
	});

	it('connects every node, and only nodes that exist', () => {
		const names = new Set(working.map((node) => node.name));
		const lines = Object.entries(connections).flatMap(([from, types]) =>
			Object.values(types).flatMap((outputs) =>
				outputs.flatMap((targets) => (targets ?? []).map(({ node }) => [from, node])),
			),
		);
		expect(new Set(lines.flat())).toEqual(names);
	});

	it('limits what it may spend wherever it makes images', () => {
		const makers = working.filter(
			({ type, parameters }) =>
				/gptImage2(Tool)?$/.test(type) && (parameters.resource ?? 'image') === 'image',
		);
		for (const { parameters } of makers) expect(parameters.options).toHaveProperty('maxImages');
	});

	it('has the path of its form in the list', () => {
		const trigger = nodes.find(({ type }) => type === 'n8n-nodes-base.formTrigger');
		expect(trigger?.parameters.options).toEqual(form && expect.objectContaining({ path: form }));
	});

	describe('on the canvas', () => {
		it('has no nodes on top of each other, and no notes', () => {
			for (const group of [working, notes]) {
				const clashes = pairs(group).filter(([one, other]) => overlaps(boxOf(one), boxOf(other)));
				expect(clashes.map((pair) => pair.map((node) => node.name))).toEqual([]);
			}
		});

		it('has each node inside one note, with its label', () => {
			for (const node of working) {
				const around = notes.filter((note) => contains(boxOf(note), boxOf(node)));
				expect([node.name, around.length]).toEqual([node.name, 1]);
			}
		});

		it('has notes that are long enough for their text, above the nodes they contain', () => {
			for (const note of notes) {
				const room = roomForText(note, working);
				expect([note.name, neededHeight(note) <= room]).toEqual([note.name, true]);
			}
		});

		it('has its notes beside the checklist of n8n once it is published', () => {
			const [overview] = notes.filter((note) => note.name === 'Overview');
			if (!/publish the workflow/i.test(String(overview?.parameters.content))) return;
			const covered = checklistOn(nodes);
			const hidden = notes.filter(
				(note) => note.parameters.color !== stepColor && overlaps(boxOf(note), covered),
			);
			expect(hidden.map((note) => note.name)).toEqual([]);
		});

		it('fits a laptop at a zoom of 0.7', () => {
			const boxes = nodes.map(boxOf);
			const width = Math.max(...boxes.map((b) => b.right)) - Math.min(...boxes.map((b) => b.left));
			const height = Math.max(...boxes.map((b) => b.bottom)) - Math.min(...boxes.map((b) => b.top));
			expect(width * 0.7).toBeLessThan(1300);
			expect(height * 0.7).toBeLessThan(700);
		});

		it('runs from left to right', () => {
			const at = (wanted: string) => working.find((node) => node.name === wanted)?.position[0] ?? 0;
			for (const [from, { main = [] }] of Object.entries(connections))
				for (const { node } of main.flatMap((targets) => targets ?? []))
					expect(at(node)).toBeGreaterThan(at(from));
		});
	});
});

describe('the chats that may draw in the Telegram example', () => {
	it('are none until somebody lists them', () => {
		const { nodes } = readExample('send-a-picture-back-on-telegram');
		const list = nodes.find(({ name }) => name === 'Who may draw');
		expect(list?.parameters.assignments).toMatchObject({ assignments: [{ value: '' }] });
	});
});

describe('the HTML of the examples', () => {
	it('has no file name in an attribute that could end it', () => {
		const texts = readdirSync(examplesFolder)
			.filter((name) => name.endsWith('.json'))
			.map((name) => readFileSync(join(examplesFolder, name), 'utf8'));
		expect(texts.filter((text) => /=\\"' \+ json\.file_name \+/.test(text))).toEqual([]);
	});
});
