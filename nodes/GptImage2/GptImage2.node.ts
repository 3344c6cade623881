import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { completionFields } from './fields/completion';
import { imageFields } from './fields/image';
import { optionsFields } from './fields/options';
import { resourceFields } from './fields/resource';
import { generate } from './operations/generate';

export class GptImage2 implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'GPT Image 2',
		name: 'gptImage2',
		icon: { light: 'file:gptImage2.svg', dark: 'file:gptImage2.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: "Generate images with OpenAI's GPT Image 2 on Runflow",
		defaults: { name: 'GPT Image 2' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: 'runflowApi', required: true }],
		properties: [...resourceFields, ...imageFields, ...completionFields, ...optionsFields],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await generate(this)];
	}
}
