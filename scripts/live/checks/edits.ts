import { breaks, differs, holds, holdsIf, type Check, type Finding } from '../check';
import { NotTried } from '../notTried';
import { changesOf, pictureToEdit } from '../pictures';
import { UnusableRun } from '../oneRun';
import { succeededRun, trialRun } from '../runs';
import { pictureOf } from '../samples';
import type { Stage } from '../stage';
import type { RunName } from '../trialRuns';
import { uploaded } from '../uploads';

/** Whether an edit with one kind of input image succeeds. */
async function accepts(
	stage: Stage,
	name: RunName,
	otherwise: (seen: string) => Finding,
): Promise<Finding> {
	const made = await stage.attempted(async () => await succeededRun(stage, name));
	if ('made' in made) return holds('the edit succeeded');
	if (made.error instanceof UnusableRun) return otherwise(made.reason);
	throw made.error;
}

/** The part by which one half has to have changed more than the other. */
const clearlyMore = 2;

const needs = 'pictures';

/** Images that are edited, and masks. */
export const editChecks: Check[] = [
	{
		id: 'edit-upload',
		assumption: 'An edit takes the URL of an upload',
		source: 'UPLOAD, TPL, ADC',
		copes: null,
		decides: 'nodes/GptImage2/runs/inputImages.ts',
		needs,
		attempt: async (stage) => await accepts(stage, 'mask', breaks),
	},
	{
		id: 'edit-reference',
		assumption: 'An edit takes `runflow://assets/…`',
		source: 'SDK',
		copes: 'Uploads and sends https URLs; a reference that a user enters is refused with its field',
		decides: 'runflow/input.ts',
		needs,
		attempt: async (stage) => await accepts(stage, 'reference', differs),
	},
	{
		id: 'edit-data-uri',
		assumption: 'An edit takes a data URI',
		source: 'SDK',
		copes: 'Uploads and sends https URLs; a data URI that a user enters is refused with its field',
		decides: 'runflow/input.ts',
		needs,
		attempt: async (stage) => await accepts(stage, 'inline', differs),
	},
	{
		id: 'mask',
		assumption: 'A mask is white where the picture is edited, and black where it is kept',
		source: 'SDK',
		copes: 'Sends the mask as it is, however it is painted',
		decides: 'nodes/GptImage2/fields/options.ts',
		needs,
		attempt: async (stage) => {
			await uploaded(stage, 'mask');
			const { run } = await succeededRun(stage, 'mask');
			const after = await pictureOf(stage, 'picture-mask', run);
			const { left, right } = await changesOf(await pictureToEdit(), after);
			const seen = `changed by ${left.toFixed(1)} where it is white, by ${right.toFixed(1)} where it is black`;
			return holdsIf(left > clearlyMore * right, seen);
		},
	},
	{
		id: 'failure',
		assumption:
			'A failed run says why in `failure_code`, `failure_message` and `failure_stage_code`',
		source: 'RUN-C, ERR',
		copes: 'Reads `failure_stage`, `failure_reason` and `error` too',
		decides: 'runflow/run.ts',
		needs,
		attempt: async (stage) => {
			const { run } = await trialRun(stage, 'failing');
			if (run.status !== 'failed') throw new NotTried(`the run that was to fail ${run.status}`);
			const { failure, raw } = run;
			const seen = `${failure?.code ?? 'no code'}, ${failure?.stage ?? 'no stage'}: ${failure?.message ?? ''}`;
			const fields = [raw.failure_code, raw.failure_message, raw.failure_stage_code];
			return holdsIf(
				fields.every((field) => typeof field === 'string'),
				seen,
			);
		},
	},
];
