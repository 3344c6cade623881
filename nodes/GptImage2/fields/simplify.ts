import type { INodeProperties } from 'n8n-workflow';

/** Whether items have what a person looks for, or all that is known of a run. */
export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};
