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
	TransferError,
	UnknownRunsError,
	type RunflowError,
	type TransferProblem,
} from '../../../runflow/errors';
import { InputRunError } from '../../../runflow/inputRun';
import { hasSucceeded, isKnownStatus } from '../../../runflow/status';
import { wordsForInputRun, wordsForNoSuchImage } from './inputRunWords';
import { nameOf, type Picture } from './picture';
import { alreadyRepeated, wordsForStatus, type Words } from './statusWords';
import { wordsForDispute, wordsForUnknownRuns } from './unknownRunWords';
import { fitted, wayOnWithRun, type Place } from './wayOn';

/** What a user reads about an error: what happened, and what to do. */
interface Explanation {
	message: string;
	description: string;
	/** Whether it is about one item, and the message does not name it. */
	needsItem: boolean;
}

const turnSyncOff =
	'Turn it off so that no image can be lost, then retry this execution: the images are made and paid for again.';

/**
 * Words an error of the API for a user, who reads it in `place`. Runflow's own words appear only in the
 * description, because n8n gives some words of a message a special meaning.
 */
export function explain(
	error: RunflowError,
	place: Place = 'thrown',
	picture?: Picture,
): Explanation {
	const { advice, message: usual, ofPicture, remote } = wordsFor(error, place);
	const isOfPicture = picture !== undefined && ofPicture !== undefined;
	const message = isOfPicture ? `${nameOf(picture)} ${ofPicture}` : usual;
	const description = [
		fitted(advice, place),
		remote && `Runflow says: ${withFullStop(remote)}`,
		error.code && `Code: ${error.code}.`,
		error.runId && !message.includes(error.runId) && `Run: ${error.runId}.`,
	];
	const mayMeanAll =
		error instanceof RunflowApiError ||
		error instanceof RunflowConnectionError ||
		error instanceof RunflowAnswerError;
	const needsItem = picture === undefined || (!isOfPicture && !mayMeanAll);
	return { message, description: description.filter(Boolean).join(' '), needsItem };
}

function wordsFor(error: RunflowError, place: Place): Words {
	if (error instanceof RunflowApiError) return wordsForStatus(error);
	if (error instanceof RunFailedError) return wordsForFailedRun(error, place);
	if (error instanceof InputRunError) {
		return wordsForInputRun(error, (cause) => wordsFor(cause, place));
	}
	if (error instanceof NoSuchImageError) return wordsForNoSuchImage(error);
	if (error instanceof DisputedRunError) return wordsForDispute(error, place);
	if (error instanceof UnknownRunsError) return wordsForUnknownRuns(error, place);
	if (error instanceof RunDeadlineError) return wordsForDeadline(error, place);
	if (error instanceof ImageStorageError) return wordsForStorage(error, place);
	if (error instanceof RunflowConnectionError && error.isUntrusted) {
		return {
			message: 'n8n does not trust the certificate that answers for Runflow',
			advice:
				"Nothing was sent. A proxy in between may have a certificate of its own: save that of its authority in a file, and set n8n's environment variable NODE_EXTRA_CA_CERTS to the path of it. Else check 'Base URL' in the Runflow credential.",
		};
	}
	if (error instanceof RunflowConnectionError) {
		return {
			message: 'Runflow could not be reached',
			advice: `Check the network, and 'Base URL' in the Runflow credential. ${alreadyRepeated}`,
		};
	}
	if (error instanceof RunflowAnswerError) {
		return {
			message: 'Runflow sent an answer that could not be read',
			advice: `It was not what the API documents (${error.problem}). Check 'Base URL' in the Runflow credential, and that no proxy answers in Runflow's place.`,
		};
	}
	if (error instanceof ImageDownloadError) {
		return {
			message: `Image ${error.index + 1} of run ${error.runId} could not be downloaded`,
			ofPicture: 'is made but could not be downloaded',
			advice: `The node tried several times, each time with a fresh URL (${wordsForProblem(error.problem)}). The image is paid for and not lost. ${wayOnWithRun(place)}`,
		};
	}
	if (error instanceof TransferError) {
		return {
			message: 'An image could not be sent to the storage of Runflow',
			advice: `The address that Runflow named for it can't be used (${wordsForProblem(error.problem)}). Check 'Base URL' in the Runflow credential, and that no proxy answers in Runflow's place.`,
		};
	}
	return {
		message: 'The node was stopped before the run ended',
		advice: 'Runflow has no way to cancel a run: runs that were started continue and are charged.',
	};
}

const problemWords: Readonly<Record<Exclude<TransferProblem, number>, string>> = {
	broken: 'the connection broke',
	incomplete: 'it was cut off',
	'no-image': 'what came is not an image',
	'not-http': 'its URL is neither https:// nor http://',
	private: 'its URL leads into a private network',
	redirects: 'there were more than five redirects',
	'too-large': 'it is larger than 200 MB',
	'too-slow': 'it took too long',
};

function wordsForProblem(problem: TransferProblem): string {
	return typeof problem === 'number' ? `HTTP ${problem}` : problemWords[problem];
}

function wordsForDeadline(
	{ runId, lastStatus, waitedSeconds }: RunDeadlineError,
	place: Place,
): Words {
	const unknown = isKnownStatus(lastStatus) ? '' : ', a status this node does not know,';
	return {
		message: `Run ${runId} was still '${lastStatus}'${unknown} after ${waitedSeconds} seconds`,
		ofPicture: `is not ready: its run was still '${lastStatus}'${unknown} after ${waitedSeconds} seconds`,
		advice: `The run continues at Runflow and its image is not lost. ${wayOnWithRun(place)} To wait longer, raise 'Timeout' in the options.`,
	};
}

function wordsForStorage({ runId, problem }: ImageStorageError, place: Place): Words {
	const { index, isDiskFull, isOnlyCopy, reason } = problem;
	const toDo = isDiskFull
		? "n8n's disk is full: free some space where n8n keeps binary data."
		: `n8n can't write where it keeps binary data (${reason}): check that folder and its permissions.`;
	const outlook = isOnlyCopy
		? `With 'Sync Mode' Runflow keeps no copy, so this image is lost. ${turnSyncOff}`
		: `The image is paid for and not lost. ${wayOnWithRun(place)}`;
	return {
		message: `Image ${index + 1} of run ${runId} could not be stored in n8n`,
		ofPicture: 'is made but could not be stored in n8n',
		advice: `${toDo} ${outlook}`,
	};
}

function wordsForFailedRun({ isRefused, run }: RunFailedError, place: Place): Words {
	if (hasSucceeded(run.status)) {
		return {
			message: `Run ${run.id} succeeded but delivered no image`,
			ofPicture: 'did not arrive: its run succeeded but delivered no image',
			advice: run.input?.sync_mode
				? `Its images are lost, and no retry returns them. With 'Sync Mode' Runflow keeps no copy of an image. ${turnSyncOff}`
				: `Check the run in the Runflow app: its images may come late. ${wayOnWithRun(place)}`,
		};
	}
	if (run.status === 'cancelled') {
		return {
			message: `Run ${run.id} was cancelled at Runflow`,
			ofPicture: 'was not made: its run was cancelled at Runflow',
			advice: 'Somebody cancelled it there. Retry this execution to start a new run for this item.',
			remote: run.failure?.message,
		};
	}
	if (isRefused) {
		return {
			message: `The prompt of run ${run.id} was refused`,
			ofPicture: 'was not made: its prompt was refused',
			advice:
				'Reword the prompt, or choose other images to edit: sending the same again will not help. Runflow does not charge for failed runs.',
			remote: run.failure?.message,
		};
	}
	const stage = run.failure?.stage ? ` (stage: ${run.failure.stage})` : '';
	return {
		message: `Run ${run.id} failed`,
		ofPicture: 'was not made: its run failed',
		advice: `Runflow does not charge for failed runs${stage}. Check the prompt, then retry this execution to start a new run for this item.`,
		remote: run.failure?.message,
	};
}

/** The sentence, with a full stop if it lacks an end mark. */
export function withFullStop(sentence: string): string {
	return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
