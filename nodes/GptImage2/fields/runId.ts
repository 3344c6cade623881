import type { INodeProperties } from 'n8n-workflow';

/** The pattern of a run ID: a UUID (RUN-C). */
export const runIdPattern = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** What is wrong with text that is not a run ID. */
export const runIdProblem = "must be a run ID such as '01970c11-2222-7333-8444-555566667777'";

/** The methods of the node that list runs to choose from. */
type RunSearchMethod = 'searchRuns' | 'searchRunsWithImages';

/**
 * Returns the field 'Run ID', under the name by which workflows save it: a run chosen from a list or
 * entered by its ID. Workflows saved when it was plain text still work unchanged.
 */
export function runIdField(
	name: string,
	searchListMethod: RunSearchMethod,
	description: string,
): INodeProperties {
	return {
		displayName: 'Run ID',
		name,
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Select a run…',
				typeOptions: { searchListMethod, searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. 01970c11-2222-7333-8444-555566667777',
				validation: [
					{
						type: 'regex',
						properties: {
							regex: `\\s*${runIdPattern}\\s*`,
							errorMessage: `Run ID ${runIdProblem}`,
						},
					},
				],
			},
		],
	};
}
