import type { INodeTypeDescription } from 'n8n-workflow';

import type { N8nClient } from '../../scripts/n8n/client';
import action from '../../nodes/GptImage2/GptImage2.node.json';
import trigger from '../../nodes/GptImage2/GptImage2Trigger.node.json';
import { hintsBeforeExecution } from '../../nodes/GptImage2/fields/hints';
import outputSchema from '../../nodes/GptImage2/__schema__/run.json';
import { connect } from './support';

let client: N8nClient;
let types: INodeTypeDescription[];

beforeAll(async () => {
	client = await connect();
	types = JSON.parse(
		(await client.download('/types/nodes.json')).toString(),
	) as INodeTypeDescription[];
});

const typeOf = (name: string) => types.find((type) => type.name === `n8n-nodes-runflow.${name}`);

describe('the package in the editor', () => {
	it.each([
		['gptImage2', action.alias],
		['gptImage2Trigger', trigger.alias],
	])('is found by what people search for: %s', (name, alias) => {
		expect(typeOf(name)?.codex?.alias).toEqual(alias);
	});

	it.each(['gptImage2', 'gptImage2Trigger'])(
		'stays out of the AI category, whose nodes the usual search hides: %s',
		(name) => {
			expect(typeOf(name)?.codex?.categories).toEqual(['Marketing', 'Miscellaneous']);
		},
	);

	it('shows the node and its trigger under one entry, by their names', () => {
		expect([typeOf('gptImage2')?.displayName, typeOf('gptImage2Trigger')?.displayName]).toEqual([
			'GPT Image 2',
			'GPT Image 2 Trigger',
		]);
	});

	it.each(['gptImage2', 'gptImage2Trigger'])(
		'has icons for light and dark mode that load: %s',
		async (name) => {
			const { iconUrl } = typeOf(name) ?? {};
			const urls = typeof iconUrl === 'object' ? [iconUrl.light, iconUrl.dark] : [];
			expect(urls).toHaveLength(2);
			for (const url of urls)
				expect((await client.download(`/${url}`)).toString()).toContain('<svg');
		},
	);

	it.each(['image/generate', 'image/edit', 'run/get', 'run/getMany'])(
		'shows the shape of %s before the first execution',
		async (operation) => {
			const schema = await client.download(
				`/schemas/n8n-nodes-runflow.gptImage2/1.1.0/${operation}.json`,
			);
			expect(JSON.parse(schema.toString())).toEqual(outputSchema);
		},
	);

	it('offers the hints before the first run, and what the trigger says while it waits', () => {
		expect(typeOf('gptImage2')?.hints).toEqual(JSON.parse(JSON.stringify(hintsBeforeExecution)));
		expect(typeOf('gptImage2Trigger')).toMatchObject({
			eventTriggerDescription: expect.stringContaining('test URL'),
			activationMessage: expect.stringContaining('production URL'),
		});
	});

	it('offers the node as a tool for agents', () => {
		expect(typeOf('gptImage2Tool')).toBeDefined();
		expect(typeOf('gptImage2TriggerTool')).toBeUndefined();
	});
});
