import { NoSuchImageError, RunflowError } from './errors';
import type { Run } from './run';
import { hasSucceeded, isTerminal } from './status';

/** Why the images of an earlier run can't be edited. */
export type InputRunProblem =
	| { kind: 'unreadable' | 'noSuchImage'; cause: RunflowError }
	| { kind: 'notFinished' | 'notSucceeded' | 'noImages'; run: Run };

const codes: Readonly<Record<InputRunProblem['kind'], string>> = {
	unreadable: 'INPUT_RUN_UNREADABLE',
	notFinished: 'INPUT_RUN_NOT_FINISHED',
	notSucceeded: 'INPUT_RUN_NOT_SUCCEEDED',
	noImages: 'INPUT_RUN_HAS_NO_IMAGES',
	noSuchImage: 'NO_SUCH_IMAGE',
};

/**
 * The images of an earlier run can't be edited, so no run was started. Its `runId` stays null, because
 * `runId` names a run that is paid for.
 */
export class InputRunError extends RunflowError {
	readonly code: string;

	constructor(
		readonly inputRunId: string,
		readonly problem: InputRunProblem,
	) {
		super(`The images of run ${inputRunId} can't be edited`);
		const ofCause = problem.kind === 'unreadable' ? problem.cause.code : null;
		this.code = ofCause ?? codes[problem.kind];
	}
}

/**
 * Returns the URLs of a run's images, signed when it was read (SDK), as input for edit: the image with this
 * number, counted from 1, or all images for 0. Throws InputRunError if there are none.
 */
export function urlsToEdit(run: Run, imageNumber: number): string[] {
	const { id, images, status } = run;
	if (!isTerminal(status)) throw new InputRunError(id, { kind: 'notFinished', run });
	if (!hasSucceeded(status)) throw new InputRunError(id, { kind: 'notSucceeded', run });
	if (images.length === 0) throw new InputRunError(id, { kind: 'noImages', run });
	const wanted = imageNumber === 0 ? images : images.slice(imageNumber - 1, imageNumber);
	if (wanted.length === 0) {
		const cause = new NoSuchImageError(run, imageNumber);
		throw new InputRunError(id, { kind: 'noSuchImage', cause });
	}
	return wanted.map(({ url }) => url);
}
