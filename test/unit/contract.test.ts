import { readFileSync } from 'node:fs';

import action from '../../nodes/GptImage2/GptImage2.node.json';
import trigger from '../../nodes/GptImage2/GptImage2Trigger.node.json';
import {
	contractFile,
	currentContract,
	readContract,
	type Contract,
	type ContractField,
} from '../../scripts/docs/contract';
import { breaksOf } from '../../scripts/docs/contractBreaks';
import { writtenContract } from '../../scripts/docs/write';

const nodeType = 'n8n-nodes-runflow.gptImage2';
const operation = 'image → generate (version 1.1)';

/** The contract of the nodes after a change to the node, or to one of the fields of Generate. */
function changed(
	change: (parts: {
		contract: Contract;
		node: Contract['nodes'][string];
		fields: ContractField[];
		field: (name: string) => ContractField;
	}) => void,
): Contract {
	const contract = currentContract();
	const node = contract.nodes[nodeType];
	const fields = node?.fields[operation];
	if (!node || !fields) throw new Error('the node is gone');
	const field = (name: string) => {
		const found = fields.find((one) => one.name === name);
		if (!found) throw new Error(`${name} is gone`);
		return found;
	};
	change({ contract, node, fields, field });
	return contract;
}

describe('saved workflows', () => {
	it('find everything that the committed contract has', () => {
		expect(breaksOf(readContract(), currentContract())).toEqual([]);
	});

	it('can rely on all that the nodes have now; if not: npm run docs', () => {
		expect(readFileSync(contractFile, 'utf8')).toBe(writtenContract());
	});
});

describe('the contract is broken by', () => {
	it.each<[string, string, Parameters<typeof changed>[0]]>([
		[
			'a field that is gone',
			"'quality' is gone",
			({ fields, field }) => {
				fields.splice(fields.indexOf(field('quality')), 1);
			},
		],
		[
			'a field that is renamed',
			"'quality' is gone",
			({ field }) => {
				field('quality').name = 'detail';
			},
		],
		[
			'another default',
			`'quality' default was "high", is "low"`,
			({ field }) => {
				field('quality').default = 'low';
			},
		],
		[
			'another default in a collection',
			"'options.reuse' default was 0, is 1",
			({ field }) => {
				field('options.reuse').default = 1;
			},
		],
		[
			'another type',
			`'numImages' type was "number", is "string"`,
			({ field }) => {
				field('numImages').type = 'string';
			},
		],
		[
			'a value that is gone',
			`'quality' the value "low" is gone`,
			({ field }) => {
				field('quality').values?.splice(0, 1);
			},
		],
		[
			'a field that is required now',
			"'callbackUrl' is required now",
			({ field }) => {
				field('callbackUrl').required = true;
			},
		],
		[
			'a field without expressions',
			"'prompt' accepts no expression any more",
			({ field }) => {
				field('prompt').fixed = true;
			},
		],
		[
			'a field that is shown for fewer values',
			"'width' is shown less often",
			({ field }) => {
				field('width').shown = { ...field('width').shown, quality: ['high'] };
			},
		],
		[
			'a field that is hidden for more values',
			"'prompt' is shown less often",
			({ field }) => {
				field('prompt').hidden = { quality: ['low'] };
			},
		],
	])('%s', (_name, expected, change) => {
		expect(breaksOf(currentContract(), changed(change))).toEqual([
			`${nodeType}: ${operation}: ${expected}`,
		]);
	});

	it.each<[string, string, Parameters<typeof changed>[0]]>([
		[
			'a node that is gone',
			`${nodeType}: is gone`,
			({ contract }) => {
				delete contract.nodes[nodeType];
			},
		],
		[
			'a version that is gone',
			`${nodeType}: the version 1.1 is gone`,
			({ node }) => {
				node.versions = [2];
			},
		],
		[
			'other outputs',
			`${nodeType}: other outputs`,
			({ node }) => {
				node.outputs = ['ai_tool', 'main'];
			},
		],
		[
			'a node that agents lost',
			`${nodeType}: is no tool of agents any more`,
			({ node }) => {
				node.isTool = false;
			},
		],
		[
			'an operation that is gone',
			`${nodeType}: ${operation}: is gone`,
			({ node }) => {
				delete node.fields[operation];
			},
		],
		[
			'another path',
			`${nodeType}: webhook 'default' was POST runflow as its whole path, is POST run`,
			({ node }) => {
				node.webhooks.default = 'POST run';
			},
		],
		[
			'a key of an item that is gone',
			"item 'an image': 'url' is gone",
			({ contract }) => {
				delete contract.items['an image']?.url;
			},
		],
		[
			'a key of another type',
			"item 'an image': 'cost' was number, is string",
			({ contract }) => {
				contract.items['an image'] = { ...contract.items['an image'], cost: 'string' };
			},
		],
		[
			'a credential that is gone',
			'credential runflowApi: is gone',
			({ contract }) => {
				contract.credentials = {};
			},
		],
		[
			'its field that is gone',
			"credential runflowApi: 'apiKey' is gone",
			({ contract }) => {
				contract.credentials.runflowApi?.splice(0, 1);
			},
		],
	])('%s', (_name, expected, change) => {
		expect(breaksOf(currentContract(), changed(change))).toEqual([expected]);
	});
});

describe('the contract is kept by', () => {
	it('what is added', () => {
		const more = changed(({ contract, node, fields, field }) => {
			fields.push({ ...field('quality'), name: 'style' });
			field('quality').values?.push('ultra');
			field('width').shown = {};
			node.versions.push(2);
			node.outputs.push('main');
			node.fields['image → upscale (version 1.1)'] = [];
			field('numImages').type = 'hidden';
			contract.items['an image'] = { ...contract.items['an image'], alt_text: 'string' };
		});
		expect(breaksOf(currentContract(), more)).toEqual([]);
	});
});

describe('the codex files', () => {
	it.each([action, trigger])('have the newest version of $node', ({ node, nodeVersion }) => {
		expect(currentContract().nodes[node]?.versions.at(-1)).toBe(Number(nodeVersion));
	});
});
