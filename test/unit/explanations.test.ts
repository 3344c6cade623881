import { NodeOperationError, type INode } from 'n8n-workflow';

import { explain } from '../../nodes/GptImage2/errors/explanations';
import { toNodeError } from '../../nodes/GptImage2/errors/nodeErrors';
import {
	DisputedRunError,
	ImageDownloadError,
	ImageStorageError,
	RunDeadlineError,
	RunFailedError,
	RunflowConnectionError,
	StoppedError,
	UnknownRunsError,
} from '../../runflow/errors';
import { runSchema } from '../../runflow/run';
import { examples } from '../../scripts/docs/errors';
import { failedRun, runId, succeededRun } from '../fixtures/answers';

const node: INode = {
	id: 'node',
	name: 'GPT Image 2',
	type: 'n8n-nodes-runflow.gptImage2',
	typeVersion: 1.1,
	position: [0, 0],
	parameters: {},
};

const diskError = (why: { isDiskFull: boolean; isOnlyCopy: boolean }) =>
	new ImageStorageError({ index: 0, reason: 'EACCES', ...why }).about(runId);

describe('what a user reads in a row of an execution that succeeds', () => {
	it.each(Object.values(examples).flat())(
		'is no advice to retry it: $meaning',
		({ error, known }) => {
			for (const place of ['row', 'resumed'] as const) {
				const { description } = toNodeError(node, error, 0, { ...known, place });
				expect(description).not.toMatch(/retry this|retry again|retry later|then retry|retrying/i);
			}
		},
	);

	it.each([
		['row', 'it is not paid for again. Or'],
		['resumed', 'it is not paid for again, unless n8n runs in queue mode'],
	] as const)('says how to get an image that is paid for: %s', (place, words) => {
		const error = new ImageDownloadError(1, 'broken').about(runId);
		const { description } = toNodeError(node, error, 0, { place });
		expect(description).toContain('Execute the workflow again within a day');
		expect(description).toContain(words);
	});
});

describe('what a user reads', () => {
	it.each([
		[
			new DisputedRunError('n8n:ref'),
			'It is unknown whether a run was started and paid for',
			'Search the Runflow app for the client reference n8n:ref.',
		],
		[
			new UnknownRunsError(403),
			'The node can not tell which runs are already paid for, so it started none',
			'(HTTP 403)',
		],
		[new RunflowConnectionError('ENOTFOUND', true), 'Runflow could not be reached', "'Base URL'"],
		[
			new RunDeadlineError(runId, 'running', 600),
			`Run ${runId} was still 'running' after 600 seconds`,
			"raise 'Timeout'",
		],
		[
			new ImageDownloadError(1, 'broken').about(runId),
			`Image 2 of run ${runId} could not be downloaded`,
			'the connection broke',
		],
		[
			diskError({ isDiskFull: true, isOnlyCopy: false }),
			`Image 1 of run ${runId} could not be stored in n8n`,
			'free some space where n8n keeps binary data. The image is paid for and not lost.',
		],
		[
			diskError({ isDiskFull: false, isOnlyCopy: false }),
			`Image 1 of run ${runId} could not be stored in n8n`,
			'(EACCES): check that folder',
		],
		[
			diskError({ isDiskFull: true, isOnlyCopy: true }),
			`Image 1 of run ${runId} could not be stored in n8n`,
			'so this image is lost',
		],
		[
			new RunFailedError(runSchema.parse(failedRun)),
			`Run ${runId} failed`,
			'does not charge for failed runs (stage: dispatch)',
		],
		[
			new RunFailedError(
				runSchema.parse({ ...succeededRun, output: null, input: { sync_mode: true } }),
			),
			`Run ${runId} succeeded but delivered no image`,
			"With 'Sync Mode' Runflow keeps no copy",
		],
		[new StoppedError(), 'The node was stopped before the run ended', 'no way to cancel'],
	])('about %s says what happened and what to do', (error, message, words) => {
		const explanation = explain(error);
		expect(explanation.message).toBe(message);
		expect(explanation.description).toContain(words);
	});

	it('says of a create without a clear answer that its run may exist, and by what it is found', () => {
		const { description, context } = toNodeError(
			node,
			new RunflowConnectionError('ECONNRESET', false),
			0,
			{ unclearRef: 'n8n:ref' },
		);
		expect(description).toContain('The run may have been started all the same.');
		expect(description).toContain('Its client reference: n8n:ref.');
		expect(context).toMatchObject({ may_be_paid: true, client_ref: 'n8n:ref' });
	});

	it('leaves what was thrown as it is where more is said of it', () => {
		const thrown = new NodeOperationError(node, 'no field', { description: 'Fill it in.' });
		const before = { description: thrown.description, context: { ...thrown.context } };
		const said = toNodeError(node, thrown, 3, { runId, advice: ['And more.'] });
		expect(said.description).toContain('Fill it in. Run: ');
		expect(said.description).toContain('And more.');
		expect(said.context).toMatchObject({ itemIndex: 3, run_id: runId });
		expect({ description: thrown.description, context: thrown.context }).toEqual(before);
	});

	it('has no word in a message that makes n8n replace it or call the execution canceled', () => {
		const messages = [
			new RunflowConnectionError('ECONNRESET', false),
			new StoppedError(),
			new RunFailedError(runSchema.parse({ ...failedRun, status_code: 'canceled' })),
		];
		for (const error of messages) expect(explain(error).message).not.toMatch(/canceled|E[A-Z]{4,}/);
	});
});
