import {
	Workflow,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeTypes,
} from 'n8n-workflow';

import { hintsBeforeExecution } from '../../nodes/GptImage2/fields/hints';
import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';

const nodeType = new GptImage2();
const nodeTypes: INodeTypes = {
	getByName: () => nodeType,
	getByNameAndVersion: () => nodeType,
	getKnownTypes: () => ({}),
};

/** The first words of the hints that the editor shows for a node with these parameters and this many input items. */
function shown(parameters: INodeParameters, items: number): string[] {
	const node: INode = {
		id: 'node-1',
		name: 'GPT Image 2',
		type: 'n8n-nodes-runflow.gptImage2',
		typeVersion: 1.1,
		position: [0, 0],
		parameters,
	};
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const input = Array.from({ length: items }, (): INodeExecutionData => ({ json: {} }));
	const holds = (condition = '') => {
		try {
			return workflow.expression.getParameterValue(
				condition,
				null,
				0,
				0,
				node.name,
				input,
				'manual',
				{},
			);
		} catch {
			return false;
		}
	};
	// The editor does exactly so: no additional keys such as $execution, and what can't be evaluated doesn't hold.
	return hintsBeforeExecution
		.filter(({ displayCondition }) => holds(displayCondition) === true)
		.map(({ message }) => message.split(' ', 3).join(' '));
}

const manyImages = 'The items ask';
const noCallbackUrl = "'Callback URL' is";

describe('the hints before the first run', () => {
	it.each<[string, INodeParameters, number, string[]]>([
		['ten items in high quality', {}, 10, [manyImages]],
		['few items with several images each', { numImages: 4 }, 3, [manyImages]],
		['quality by expression', { quality: '={{ "hi" + "gh" }}' }, 10, [manyImages]],
		['nine items', {}, 9, []],
		['many items in low quality', { quality: 'low' }, 100, []],
		['many items with a limit', { options: { maxImages: 100 } }, 100, []],
		['nothing to count yet', {}, 0, []],
		['many items of another resource', { resource: 'run', operation: 'get' }, 100, []],
		['returning at once without callback URL', { completion: 'none' }, 1, [noCallbackUrl]],
		[
			'returning at once with callback URL',
			{ completion: 'none', callbackUrl: 'https://n8n.example.com/webhook/1' },
			1,
			[],
		],
		['suspending', { completion: 'suspend' }, 1, []],
	])('for %s are those that help', (_case, parameters, items, expected) => {
		expect(shown(parameters, items)).toEqual(expected);
	});
});
