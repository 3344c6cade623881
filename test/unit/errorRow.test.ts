import type { INode } from 'n8n-workflow';

import { RunFailedError } from '../../runflow/errors';
import { runSchema } from '../../runflow/run';
import { toErrorRow, toSuspendedErrorRow } from '../../nodes/GptImage2/errors/errorRow';

const mockN8n: { nodesApiVersion: number | undefined } = { nodesApiVersion: 1 };

jest.mock('n8n-workflow', () => ({
	...jest.requireActual<object>('n8n-workflow'),
	get N8N_NODES_API_VERSION() {
		return mockN8n.nodesApiVersion;
	},
}));

const node = (onError: INode['onError']): INode => ({
	id: '1',
	name: 'GPT Image 2',
	type: 'n8n-nodes-runflow.gptImage2',
	typeVersion: 1.1,
	position: [0, 0],
	parameters: {},
	onError,
});

const error = () => new RunFailedError(runSchema.parse({ id: 'run-1', status_code: 'failed' }));

const withDetails = { error: 'Run run-1 failed', details: { run_id: 'run-1', status: 'failed' } };

afterEach(() => {
	mockN8n.nodesApiVersion = 1;
});

describe('the row of a failed item', () => {
	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'has the message and its details under %s',
		(onError) => {
			for (const toRow of [toErrorRow, toSuspendedErrorRow]) {
				expect(toRow(node(onError), error(), 3)).toMatchObject({
					json: withDetails,
					pairedItem: { item: 3 },
				});
			}
		},
	);

	it('hides an error for the error output of an n8n that looks for one, and may clear it', () => {
		const row = toErrorRow(node('continueErrorOutput'), error(), 0);
		expect(row.error?.message).toBe('Run run-1 failed');
		expect(Object.keys({ ...row })).toEqual(['json', 'pairedItem']);
		expect(Reflect.set(row, 'error', undefined)).toBe(true);
	});

	it('has no hidden error without an error output, where n8n would replace its JSON', () => {
		expect(toErrorRow(node('continueRegularOutput'), error(), 0)).not.toHaveProperty('error');
	});
});

describe('the row of a suspended item, on an n8n that may not know details', () => {
	beforeEach(() => {
		mockN8n.nodesApiVersion = undefined;
	});

	it('has only the keys that every n8n sends to the error output', () => {
		const { json } = toSuspendedErrorRow(node('continueErrorOutput'), error(), 0);
		expect(json).toEqual({ error: 'Run run-1 failed', message: expect.stringMatching(/\S/) });
	});

	it('has its details where there is no error output', () => {
		const { json } = toSuspendedErrorRow(node('continueRegularOutput'), error(), 0);
		expect(json).toMatchObject(withDetails);
	});
});
