import {
	ImageDownloadError,
	RunDeadlineError,
	RunFailedError,
	RunflowAnswerError,
	RunflowApiError,
	RunflowConnectionError,
	type RunflowError,
} from '../../../runflow/errors';
import { hasSucceeded, isKnownStatus } from '../../../runflow/status';
import { labelOf } from '../fields/labels';

/** What a user reads about an error: what happened, and what to do. */
export interface Explanation {
	message: string;
	description: string;
}

const retryIsSafe =
	'Retry this execution to go on with the same run: what is paid for is not paid again.';

const forbidden: Readonly<Record<string, string>> = {
	EMAIL_NOT_VERIFIED: 'Verify the e-mail address of the Runflow account, then try again.',
	ORGANIZATION_MEMBERSHIP_REQUIRED:
		"Check 'Organization ID' in the Runflow credential: the key's owner is not a member of that organization.",
};

/**
 * Puts an error of the API into words for a user. The remote's own words stand in the description
 * only, because n8n reads meaning into some words of a message.
 */
export function explain(error: RunflowError): Explanation {
	const { message, advice, remote } = wordsFor(error);
	const description = [
		advice,
		remote && `Runflow says: ${withStop(remote)}`,
		error.code && `Code: ${error.code}.`,
		error.runId && !message.includes(error.runId) && `Run: ${error.runId}.`,
		error.mayBePaid &&
			'The run may have been started all the same. Retry this execution: it looks for that run before it starts another.',
	];
	return { message, description: description.filter(Boolean).join(' ') };
}

interface Words {
	message: string;
	advice: string;
	remote?: string | null;
}

function wordsFor(error: RunflowError): Words {
	if (error instanceof RunflowApiError) return wordsForStatus(error);
	if (error instanceof RunFailedError) return wordsForFailedRun(error);
	if (error instanceof RunflowConnectionError) {
		return {
			message: 'Runflow could not be reached',
			advice:
				"It was tried several times. Check the network, and 'Base URL' in the Runflow credential.",
		};
	}
	if (error instanceof RunflowAnswerError) {
		return {
			message: 'Runflow sent an answer that could not be read',
			advice: `It was not what the API documents (${error.problem}). Check 'Base URL' in the Runflow credential, and that no proxy answers in Runflow's place.`,
		};
	}
	if (error instanceof RunDeadlineError) {
		const unknown = isKnownStatus(error.status) ? '' : ', a status this node does not know,';
		return {
			message: `Run ${error.runId} was still '${error.status}'${unknown} after ${error.seconds} seconds`,
			advice: `The run goes on at Runflow and its image is not lost. ${retryIsSafe} Or read it later: 'Run' as 'Resource', 'Get' as 'Operation', and this run's ID. To wait longer, raise 'Timeout' in the options.`,
		};
	}
	if (error instanceof ImageDownloadError) {
		const reason = error.status === null ? 'the connection broke' : `HTTP ${error.status}`;
		return {
			message: `Image ${error.index + 1} of run ${error.runId} could not be downloaded`,
			advice: `It was tried several times, each with a fresh address (${reason}). The image is paid for and not lost. ${retryIsSafe}`,
		};
	}
	return {
		message: 'The run was not waited for, because the node was stopped',
		advice: 'Runflow has no way to cancel a run: what was started goes on and is charged.',
	};
}

function wordsForFailedRun({ run }: RunFailedError): Words {
	if (hasSucceeded(run.status)) {
		const kept = run.input?.sync_mode
			? "With 'Sync Mode' Runflow keeps no copy of an image; turn it off so that none can get lost."
			: 'Look at the run in the Runflow app.';
		return { message: `Run ${run.id} succeeded but delivered no image`, advice: kept };
	}
	if (run.status === 'cancelled') {
		return {
			message: `Run ${run.id} was cancelled at Runflow`,
			advice: 'Somebody cancelled it there. Retry this execution to start a new run for this item.',
			remote: run.failure?.message,
		};
	}
	const stage = run.failure?.stage ? ` (stage: ${run.failure.stage})` : '';
	return {
		message: `Run ${run.id} failed`,
		advice: `Runflow does not charge for failed runs${stage}. Check the prompt, then retry this execution to start a new run for this item.`,
		remote: run.failure?.message,
	};
}

function wordsForStatus(error: RunflowApiError): Words {
	const remote = error.detail;
	switch (error.status) {
		case 400:
			return {
				message: 'Runflow could not make sense of the request',
				advice: "Check the fields of the node, 'Additional Input' above all.",
				remote,
			};
		case 401:
			return {
				message: 'Runflow did not accept the API key',
				advice:
					"Check 'API Key' in the Runflow credential. Keys are made at app.runflow.io/settings/api-keys.",
				remote,
			};
		case 402:
			return {
				message: 'The Runflow account has not enough credit',
				advice: 'Top up the account at app.runflow.io, then retry this execution.',
				remote,
			};
		case 403:
			return {
				message: 'Runflow does not allow this with the API key',
				advice:
					forbidden[error.code ?? ''] ??
					"The key needs the scopes runs:create and runs:read, and a key that starts with rf_svc_ cannot start runs. Check 'API Key' and 'Organization ID' in the Runflow credential.",
				remote,
			};
		case 404:
			return error.runId
				? {
						message: `Run ${error.runId} was not found`,
						advice:
							'Check that the Runflow credential belongs to the organization that started it. If the run is gone for good, start a new execution instead of a retry.',
						remote,
					}
				: {
						message: 'Runflow does not know this address',
						advice: "Check 'Base URL' in the Runflow credential: it stands without /v1.",
						remote,
					};
		case 409:
			return {
				message: 'Runflow reports a conflict with an earlier request',
				advice:
					'The same request was sent before with other content, or is still being worked on. Wait a minute, then retry this execution.',
				remote,
			};
		case 413:
			return {
				message: 'The request is too large for Runflow',
				advice: "Shorten 'Prompt' or 'Metadata'.",
				remote,
			};
		case 422:
			return wordsForFields(error);
		case 429:
			return {
				message: 'Runflow is limiting how often it may be called',
				advice:
					"It was tried several times, each time later. Wait a little, or lower 'Concurrency' in the options, then retry this execution.",
				remote,
			};
		default:
			return error.status >= 500
				? {
						message: `Runflow has trouble of its own (HTTP ${error.status})`,
						advice: 'It was tried several times. Wait a little, then retry this execution.',
						remote,
					}
				: {
						message: `Runflow refused the request (HTTP ${error.status})`,
						advice: 'Check the fields of the node.',
						remote,
					};
	}
}

/** A 422, field by field, in the labels that the user sees. */
function wordsForFields(error: RunflowApiError): Words {
	if (error.fields.length === 0) {
		return {
			message: 'Runflow refused a value',
			advice: 'Check the fields of the node.',
			remote: error.detail,
		};
	}
	const lines = error.fields.map(({ loc, msg }) => ({
		label: labelOf(loc.map(String).filter((part) => part !== 'body' && part !== 'input')),
		msg,
	}));
	const labels = [...new Set(lines.map(({ label }) => (label === '' ? 'input' : label)))];
	return {
		message: `Runflow refused ${labels.map((label) => `'${label}'`).join(', ')}`,
		advice: 'Correct the value, or the expression it comes from.',
		remote: lines.map(({ label, msg }) => `'${label}': ${msg}`).join('; '),
	};
}

function withStop(sentence: string): string {
	return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
