import type { INodeProperties } from 'n8n-workflow';

/** Whether items contain only what people look for, or everything known about a run. */
export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};
