import type { INode } from 'n8n-workflow';

import { toNodeError, type Circumstances } from '../../nodes/GptImage2/errors/nodeErrors';
import { statusesWithWords } from '../../nodes/GptImage2/errors/statusWords';
import { uploadRefused } from '../../runflow/assets';
import {
	DisputedRunError,
	ImageDownloadError,
	ImageStorageError,
	NoSuchImageError,
	RunDeadlineError,
	RunFailedError,
	RunflowAnswerError,
	RunflowApiError,
	RunflowConnectionError,
	StoppedError,
	TransferError,
	UnknownRunsError,
	type RunflowError,
} from '../../runflow/errors';
import { InputRunError, type InputRunProblem } from '../../runflow/inputRun';
import { runSchema } from '../../runflow/run';
import type { Scope } from '../../runflow/apiError';
import { runId } from '../../test/fixtures/answers';
import { table } from './parts';

/** An error as it may occur, what it means, and how the page names it if not by its own code. */
interface Example {
	error: RunflowError;
	/** What the node knows besides the error. */
	known?: Circumstances;
	meaning: string;
	name?: string;
}

const whatever = '…';

function refusal(
	status: number,
	meaning: string,
	{ code = null, scope = null }: { code?: string | null; scope?: Scope | null } = {},
): Example {
	return { error: new RunflowApiError(status, { code, scope }), meaning };
}

const refusedField = new RunflowApiError(422, {
	fields: [{ loc: ['body', 'input', 'prompt'], msg: whatever }],
});
const lostRun = new RunflowApiError(404, { code: 'RUN_NOT_FOUND' }).about(runId);

/** What each status with its own words means, in each of the ways that change what a user reads. */
const refusals: Readonly<Record<number, Example[]>> = {
	400: [refusal(400, 'Runflow could not read what was sent.')],
	401: [refusal(401, 'The API key is missing, wrong, or no longer valid.')],
	402: [refusal(402, 'The account has run out of credit. Nothing was started for this item.')],
	403: [
		refusal(403, 'The key may not start runs.', { scope: 'runs:create' }),
		refusal(403, 'The key may not read runs.', { scope: 'runs:read' }),
		refusal(403, 'The key may not upload images.', { scope: 'assets:create' }),
		refusal(403, 'The key may not redeliver callbacks.', { scope: 'runs:execute' }),
		refusal(403, 'The account is not ready to be used.', { code: 'EMAIL_NOT_VERIFIED' }),
		refusal(403, 'The key belongs to another organization.', {
			code: 'ORGANIZATION_MEMBERSHIP_REQUIRED',
		}),
	],
	404: [
		{ error: lostRun, meaning: 'Runflow has no run with this ID, or it is not yours.' },
		refusal(404, 'The request reached something that is not the Runflow API.'),
	],
	409: [refusal(409, 'Runflow has seen this request before, but could not match the two.')],
	413: [refusal(413, 'The request is larger than Runflow accepts.')],
	422: [
		{
			error: refusedField,
			meaning: 'Runflow read the request and refused a value that it names.',
		},
		refusal(422, 'Runflow read the request and refused a value, without saying which.'),
	],
	429: [refusal(429, 'More requests in a short time than Runflow allows.')],
};

/** What a status with its own words means. Throws for a status that the page leaves out. */
function refusalsFor(status: number): Example[] {
	const examples = refusals[status];
	if (examples === undefined) throw new Error(`the page says nothing about HTTP ${status}`);
	return examples;
}

const otherRefusals: Example[] = [
	{ ...refusal(418, 'Runflow refused the request for another reason.'), name: 'another HTTP 4xx' },
	{ ...refusal(500, 'Something went wrong at Runflow.'), name: 'HTTP 5xx' },
	refusal(403, 'An image to edit could not be uploaded.', { code: uploadRefused }),
];

const earlierRun = (status: string, input: object = {}) =>
	runSchema.parse({ id: runId, status_code: status, input });

const run = (status: string, input: object = {}) => new RunFailedError(earlierRun(status, input));

const twoImages = runSchema.parse({
	id: runId,
	status_code: 'succeeded',
	output: { outputs: [{ url: 'https://example.com/0.png' }, { url: 'https://example.com/1.png' }] },
});

const cannotEdit = (problem: InputRunProblem, meaning: string): Example => ({
	error: new InputRunError(runId, problem),
	meaning,
});

const storageError = (
	{ isDiskFull = false, isOnlyCopy = false }: { isDiskFull?: boolean; isOnlyCopy?: boolean },
	meaning: string,
): Example => {
	const reason = isDiskFull ? 'ENOSPC' : 'EACCES';
	const problem = { index: 0, reason, isDiskFull, isOnlyCopy };
	return { error: new ImageStorageError(problem).about(runId), meaning };
};

/** The errors of the client as a user may read them, by the parts of the page. */
export const examples: Readonly<Record<string, Example[]>> = {
	'refused requests': [...statusesWithWords.flatMap(refusalsFor), ...otherRefusals],
	'earlier runs': [
		cannotEdit(
			{ kind: 'notFinished', run: earlierRun('running') },
			'The run whose images are to be edited has not ended.',
		),
		cannotEdit(
			{ kind: 'notSucceeded', run: earlierRun('failed') },
			'That run has ended without images.',
		),
		cannotEdit(
			{ kind: 'noImages', run: earlierRun('succeeded', { sync_mode: true }) },
			'Runflow never kept the images of that run.',
		),
		cannotEdit(
			{ kind: 'noImages', run: earlierRun('succeeded') },
			'Runflow kept the images of that run only for a while.',
		),
		cannotEdit({ kind: 'unreadable', cause: lostRun }, 'There is no such run, or it is not yours.'),
		{
			error: new NoSuchImageError(twoImages, 3),
			meaning: 'The run has fewer images. *Run → Get* can show this message as well.',
		},
	],
	'missing answers': [
		{
			error: new RunflowConnectionError(null, true),
			meaning: 'There was no connection. Nothing was started for this item.',
			name: "the system's code, such as `ECONNREFUSED`",
		},
		{
			error: new RunflowConnectionError(null, false),
			known: { unclearRef: whatever },
			meaning: 'The connection broke after a run was requested, so there may be one.',
			name: 'the same, with `may_be_paid`',
		},
		{
			error: new RunflowConnectionError('CERT_HAS_EXPIRED', true),
			meaning: 'There is a proxy in between, or a certificate has expired. Nothing was started.',
			name: "the system's code, such as `SELF_SIGNED_CERT_IN_CHAIN`",
		},
		{
			error: new DisputedRunError(whatever),
			meaning: 'Runflow recognized a repeated request by its key, but listed no run for it.',
		},
		{
			error: new UnknownRunsError(403),
			meaning: 'A retry can not see what the earlier execution paid for.',
		},
		{
			error: new RunflowAnswerError(whatever),
			meaning: 'Something answered, but not the way the Runflow API does.',
		},
	],
	'runs without images': [
		{
			error: run('failed'),
			meaning: 'Runflow or the model gave up on the image.',
			name: "Runflow's code",
		},
		{
			error: new RunFailedError({
				...earlierRun('failed'),
				failure: { code: 'content_policy', message: null, stage: null },
			}),
			meaning: 'The model does not make what the prompt, or an image to edit, shows.',
		},
		{ error: run('cancelled'), meaning: 'Somebody or something ended the run at Runflow.' },
		{ error: run('succeeded'), meaning: 'The run succeeded, but its record names no image.' },
		{
			error: run('succeeded', { sync_mode: true }),
			meaning: 'The only answer that contained the image was lost.',
		},
		{
			error: new RunDeadlineError(runId, 'running', 600),
			meaning: "The run took longer than 'Timeout'. It has not failed.",
		},
		{
			error: new ImageDownloadError(0, 'broken').about(runId),
			meaning: 'The image exists, but could not be fetched.',
		},
		{
			error: new TransferError('private'),
			meaning: 'What answered as the API named an address on a private network for an upload.',
		},
		storageError({ isDiskFull: true }, "The image was fetched, but n8n's disk is full."),
		storageError({}, 'The image was fetched, but n8n could not write it.'),
		storageError(
			{ isDiskFull: true, isOnlyCopy: true },
			"The same, with 'Sync Mode': only one answer contained the image.",
		),
		{ error: new StoppedError(), meaning: 'The execution was stopped, or another item failed.' },
	],
};

/** The tables of what a user reads, by the names of their parts in the page. */
export function errorTables(): Record<string, string> {
	return Object.fromEntries(
		Object.entries(examples).map(([name, part]) => [
			name,
			table(['Message', 'What it means', 'What to do', 'Code'], part.map(row)),
		]),
	);
}

const node: INode = {
	id: 'node',
	name: 'GPT Image 2',
	type: 'n8n-nodes-runflow.gptImage2',
	typeVersion: 1.1,
	position: [0, 0],
	parameters: {},
};

/** The picture that an error names where it is about one. */
const picture = { number: 2, of: 3, prompt: 'A hen' };

function row({ error, known, meaning, name }: Example): string[] {
	const { message, description } = toNodeError(node, error, 0, { picture, ...known });
	const advice = (description ?? '').replace(` Code: ${error.code}.`, '');
	return [`**${general(message)}**`, meaning, general(advice), name ?? nameOf(error)];
}

/** What the error carries besides its words: the HTTP status or a code, for conditions in a workflow. */
function nameOf(error: RunflowError): string {
	const status = error instanceof RunflowApiError ? [`HTTP ${error.httpStatus}`] : [];
	return [...status, ...(error.code === null ? [] : [`\`${error.code}\``])].join(', ');
}

/** A text without the parts that differ from case to case. */
function general(text: string): string {
	return text.replaceAll(runId, whatever).replace(/\(HTTP \d+\)/, `(HTTP ${whatever})`);
}
