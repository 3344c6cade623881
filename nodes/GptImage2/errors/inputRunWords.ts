import { isNotFound, type NoSuchImageError, type RunflowError } from '../../../runflow/errors';
import type { InputRunError } from '../../../runflow/inputRun';
import { labelOf } from '../fields/labels';
import type { Words } from './statusWords';

const runIdLabel = labelOf(['inputRunId']);
const numberLabel = labelOf(['inputImageNumber']);

/** Words the error of reading a run. */
type WordsFor = (cause: RunflowError) => Words;

const nothingPaid = 'No run was started for this item, and nothing is charged for it.';

const useBinary = "choose 'Binary Data' as 'Input Source' if the workflow still has the image";

/** The words for an earlier run whose images can't be edited. */
export function wordsForInputRun(error: InputRunError, wordsFor: WordsFor): Words {
	const words = wordsForProblem(error, wordsFor);
	return { ...words, advice: `${words.advice} ${nothingPaid}` };
}

function wordsForProblem({ inputRunId, problem }: InputRunError, wordsFor: WordsFor): Words {
	const named = `'${runIdLabel}' names run ${inputRunId}`;
	switch (problem.kind) {
		case 'unreadable':
			return wordsForUnreadable(named, problem.cause, wordsFor);
		case 'notFinished':
			return {
				message: `${named}, which is still '${problem.run.status}'`,
				advice:
					"The node does not wait for a run that it did not start. Wait for it before: add a GPT Image 2 node with 'Run' as 'Resource', 'Get' as 'Operation', and 'Wait Until Finished' turned on in the options. Or retry this execution later.",
			};
		case 'notSucceeded':
			return {
				message: `${named}, which ended as '${problem.run.status}' and has no image to edit`,
				advice: 'Choose a run that succeeded.',
				remote: problem.run.failure?.message,
			};
		case 'noImages':
			return problem.run.input?.sync_mode
				? {
						message: `${named}, which was made in 'Sync Mode', so that Runflow keeps no copy of its images`,
						advice: `To edit them, ${useBinary}. Turn 'Sync Mode' off where images are to be edited later.`,
					}
				: {
						message: `${named}, whose images Runflow no longer has`,
						advice: `They have expired, or somebody deleted them. To edit them, ${useBinary}.`,
					};
		case 'noSuchImage':
			return wordsFor(problem.cause);
	}
}

/** The words for an 'Image Number' that is too large. */
export function wordsForNoSuchImage({ imageNumber, run }: NoSuchImageError): Words {
	const { length } = run.images;
	const images = length === 1 ? '1 image' : `${length === 0 ? 'no' : length} images`;
	const range = length > 1 ? `a number from 1 to ${length}` : '1';
	return {
		message: `'${numberLabel}' is ${imageNumber}, and run ${run.id} has ${images}`,
		advice: `Enter ${range}, or 0 for all. The field counts from 1, 'image_index' in the output from 0.`,
	};
}

function wordsForUnreadable(named: string, cause: RunflowError, wordsFor: WordsFor): Words {
	if (isNotFound(cause)) {
		return {
			message: `${named}, which was not found`,
			advice:
				'Check the ID, and that the Runflow credential belongs to the organization that started that run.',
		};
	}
	const { advice, message } = wordsFor(cause);
	return { message: `${named}, which could not be read`, advice: `${message}. ${advice}` };
}
