import { updateDisplayOptions, type INodeProperties } from 'n8n-workflow';

import { longestTimeoutSeconds, optionsField, optionsNamed } from './options';
import { runIdField } from './runId';
import { simplifyField } from './simplify';

const shownFor = (...operation: string[]) => ({ show: { resource: ['run'], operation } });

const runId = runIdField(
	'runId',
	'searchRuns',
	"The run, by its ID: the node outputs it as 'run_id', and every error names it",
);

const getOptions: INodeProperties[] = [
	...optionsNamed('download', 'fileName'),
	{
		displayName: 'Image Number',
		name: 'imageNumber',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		placeholder: 'e.g. {{ $json.image_index + 1 }}',
		description:
			"Which image of the run to output, counted from 1. 0 means all of them. Where the items before have an image each, enter an expression: the item's 'image_index' plus 1.",
	},
	...optionsNamed('includeRun', 'output', 'binaryField', 'pollInterval'),
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: longestTimeoutSeconds },
		default: 600,
		description:
			"How long to wait for the images, in seconds, and with 'Wait Until Finished' for the run before",
	},
	{
		displayName: 'Wait Until Finished',
		name: 'waitUntilFinished',
		type: 'boolean',
		default: false,
		description: 'Whether to wait in this execution until the run has ended',
	},
];

const statusOptions = [
	{ name: 'Any', value: '' },
	{ name: 'Cancelled', value: 'cancelled' },
	{ name: 'Dispatching', value: 'dispatching' },
	{ name: 'Failed', value: 'failed' },
	{ name: 'Partially Succeeded', value: 'partial_succeeded' },
	{ name: 'Queued', value: 'queued' },
	{ name: 'Running', value: 'running' },
	{ name: 'Succeeded', value: 'succeeded' },
];

const getManyFields: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		displayOptions: { show: { returnAll: [false] } },
		default: 50,
		description: 'Max number of results to return',
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			{
				displayName: 'Client Reference',
				name: 'clientRef',
				type: 'string',
				default: '',
				placeholder: 'e.g. order-1017',
				description: "Only runs that were started with exactly this 'Client Reference'",
			},
			{
				displayName: 'Created After',
				name: 'createdAfter',
				type: 'dateTime',
				default: '',
				description: "Only runs that were started after this moment, in the workflow's time zone",
			},
			{
				displayName: 'Query',
				name: 'query',
				type: 'string',
				default: '',
				placeholder: 'e.g. status_code:succeeded AND created_at>2026-04-01',
				description: "Filter in Runflow's own syntax, added to the others",
			},
			{
				displayName: 'Status',
				name: 'status',
				type: 'options',
				options: statusOptions,
				default: '',
				description: 'Only runs with this status',
			},
		],
	},
	simplifyField,
	optionsField(optionsNamed('includeRun', 'output')),
];

const missedFields: INodeProperties[] = [
	{
		displayName: 'Hours',
		name: 'hours',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 720 },
		default: 24,
		description: 'How far back to look for runs that have ended, in hours',
	},
	// Saved workflows may have the hours in here.
	{
		displayName: 'Options',
		name: 'options',
		type: 'hidden',
		default: {},
		description: 'The same as the field, for workflows that have the hours as an option',
	},
];

/** The fields of the operations on runs. */
export const runFields: INodeProperties[] = [
	...updateDisplayOptions(shownFor('get', 'getCallbackDeliveries', 'redeliverCallback'), [runId]),
	...updateDisplayOptions(shownFor('get'), [simplifyField, optionsField(getOptions)]),
	...updateDisplayOptions(shownFor('redeliverMissed'), missedFields),
	...updateDisplayOptions(shownFor('getMany'), getManyFields),
];
