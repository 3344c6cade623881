import type { INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { failedRun, succeededRun } from '../fixtures/answers';
import { earlierApi, earlierId, earlierPath, edit, items, locator } from './earlierApi';
import { apiUrl, runWorkflow } from './harness';

jest.setTimeout(30_000);

const ofEarlier = (changes: object) => ({ ...succeededRun, id: earlierId, ...changes });
const named = `'Run ID' names run ${earlierId}`;

describe('an earlier run whose images cannot be edited', () => {
	const cases: Array<[string, [number, object], INodeParameters, string, string]> = [
		[
			'is unknown, or belongs to another organization',
			[404, { code: 'RUN_NOT_FOUND' }],
			{},
			`${named}, which was not found`,
			'Check the ID, and that the Runflow credential belongs to the organization',
		],
		[
			'is queued',
			[200, ofEarlier({ status_code: 'queued', output: null })],
			{},
			`${named}, which is still 'queued'`,
			"'Wait Until Finished'",
		],
		[
			'is running',
			[200, ofEarlier({ status_code: 'running', output: null })],
			{},
			`${named}, which is still 'running'`,
			"'Wait Until Finished'",
		],
		[
			'failed',
			[200, { ...failedRun, id: earlierId }],
			{},
			`${named}, which ended as 'failed' and has no image to edit`,
			'Runflow says: The provider did not answer.',
		],
		[
			'was cancelled',
			[200, ofEarlier({ status_code: 'canceled', output: null })],
			{},
			`${named}, which ended as 'cancelled' and has no image to edit`,
			'Choose a run that succeeded.',
		],
		[
			'was made in sync mode',
			[200, ofEarlier({ output: null, input: { prompt: 'a', sync_mode: true } })],
			{},
			`${named}, which was made in 'Sync Mode', so that Runflow keeps no copy of its images`,
			"choose 'Binary Data' as 'Input Source'",
		],
		[
			'has lost its images',
			[200, ofEarlier({ output: { outputs: [] } })],
			{},
			`${named}, whose images Runflow no longer has`,
			'They have expired, or somebody deleted them.',
		],
		[
			'has fewer images',
			[200, ofEarlier({})],
			{ inputImageNumber: 2 },
			`'Image Number' is 2, and run ${earlierId} has 1 image`,
			'Enter 1, or 0 for all.',
		],
		[
			'may not be read',
			[403, {}],
			{},
			`${named}, which could not be read`,
			'Reading runs needs the scope runs:read.',
		],
	];

	it.each(cases)('because it %s', async (_name, [status, body], parameters, message, advice) => {
		nock(apiUrl).persist().get(earlierPath).reply(status, body);
		const { error } = await runWorkflow(edit(parameters), { input: items(1) });
		expect(error?.message).toBe(message);
		expect(error?.description).toContain(advice);
		expect(error?.description).toContain('nothing is charged');
		expect(error?.description).not.toContain('Retry this execution to continue');
	});

	it.each(cases)(
		'is a sentence for an agent that it %s',
		async (_name, answer, parameters, message) => {
			nock(apiUrl)
				.persist()
				.get(earlierPath)
				.reply(...answer);
			const tool = edit(parameters, { type: 'n8n-nodes-runflow.gptImage2Tool' });
			const { items: out, error } = await runWorkflow(tool, { input: items(1) });
			expect(error).toBeUndefined();
			expect(String(out[0]?.json.error)).toContain(message);
			expect(String(out[0]?.json.error)).not.toContain('Do not call this tool again');
		},
	);

	it('is an error row, and the other items go on, where the node continues on errors', async () => {
		const { creates } = earlierApi(1);
		const unknown = '01970c11-1111-7333-8444-00000000dead';
		const missing = nock(apiUrl).get(`/v1/runs/${unknown}`).reply(404, { code: 'RUN_NOT_FOUND' });
		const workflow = edit(
			{ inputRunId: locator('={{ $json.run_id }}') },
			{ onError: 'continueErrorOutput' },
		);
		const input = [earlierId, unknown, 'x', unknown].map((run_id) => ({
			json: { prompt: 'p', run_id },
		}));
		const { items: out, errorItems } = await runWorkflow(workflow, { input });
		expect(out).toHaveLength(1);
		expect(creates).toHaveLength(1);
		const notFound = `'Run ID' names run ${unknown}, which was not found`;
		expect(errorItems.map(({ json }) => json.error)).toEqual([
			notFound,
			"Row 3 of 4: 'Run ID' must be a run ID such as '01970c11-2222-7333-8444-555566667777'",
			notFound,
		]);
		expect(errorItems[0]?.json.details).toMatchObject({ run_id: null, code: 'RUN_NOT_FOUND' });
		expect(missing.isDone()).toBe(true);
	});

	it('is checked before anything is sent as far as that costs no request', async () => {
		const { creates, reads } = earlierApi(1);
		const { error } = await runWorkflow(
			edit({ inputImageNumber: '={{ $itemIndex === 2 ? -1 : 0 }}' }),
			{ input: items(3) },
		);
		expect(error?.message).toBe(
			"Row 3 of 3: 'Image Number' must be 1 or more, or 0 for all images",
		);
		expect([creates.length, reads()]).toEqual([0, 0]);
	});
});
