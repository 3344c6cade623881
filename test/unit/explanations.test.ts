import { explain } from '../../nodes/GptImage2/errors/explanations';
import {
	ImageDownloadError,
	ImageStorageError,
	RunDeadlineError,
	RunFailedError,
	RunflowConnectionError,
	StoppedError,
} from '../../runflow/errors';
import { runSchema } from '../../runflow/run';
import { failedRun, runId, succeededRun } from '../fixtures/answers';

const unclear = new RunflowConnectionError('ECONNRESET', false);
unclear.mayBePaid = true;

const diskError = (why: { isDiskFull: boolean; isOnlyCopy: boolean }) =>
	new ImageStorageError({ index: 0, reason: 'EACCES', ...why }).about(runId);

describe('what a user reads', () => {
	it.each([
		[unclear, 'Runflow could not be reached', 'The run may have been started all the same.'],
		[new RunflowConnectionError('ENOTFOUND', true), 'Runflow could not be reached', "'Base URL'"],
		[
			new RunDeadlineError(runId, 'running', 600),
			`Run ${runId} was still 'running' after 600 seconds`,
			"raise 'Timeout'",
		],
		[
			new ImageDownloadError(1, null).about(runId),
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

	it('has no word in a message that makes n8n replace it or call the execution canceled', () => {
		const messages = [
			unclear,
			new StoppedError(),
			new RunFailedError(runSchema.parse({ ...failedRun, status_code: 'canceled' })),
		];
		for (const error of messages) expect(explain(error).message).not.toMatch(/canceled|E[A-Z]{4,}/);
	});
});
