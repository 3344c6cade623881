import { RunflowApiError } from '../../../runflow/errors';
import { isTerminal } from '../../../runflow/status';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { editedSize, pixelsOf } from '../pictures';
import { UnusableRun } from '../oneRun';
import { succeededRun, trialRun } from '../runs';
import { pictureOf } from '../samples';
import type { Stage } from '../stage';
import { ownPresets, type RunName } from '../trialRuns';

/** The ratio that each preset's name promises (SEED). */
const ratios: ReadonlyArray<readonly [preset: string, run: RunName, ratio: number]> = [
	['landscape_4_3', 'base', 4 / 3],
	['square', 'sync', 1],
	['square_hd', 'square_hd', 1],
	['portrait_4_3', 'portrait_4_3', 3 / 4],
	['portrait_16_9', 'portrait_16_9', 9 / 16],
	['landscape_16_9', 'landscape_16_9', 16 / 9],
];

const tolerance = 0.02;

/** The pixels of a run's first picture. Throws NotTried. */
async function sizeOf(stage: Stage, name: RunName) {
	const { created, run } = await succeededRun(stage, name);
	const source = run.images.length > 0 ? run : created;
	return await pixelsOf(await pictureOf(stage, `picture-${name.replaceAll('_', '-')}`, source));
}

const needs = 'pictures';

/** Sizes, sync mode, and how many pictures a run may make. */
export const sizeChecks: Check[] = [
	{
		id: 'presets',
		assumption: `Each preset has the ratio of its name (${ownPresets.length + 2} presets)`,
		source: 'SEED',
		copes: 'Sends the name, and outputs the pixels that Runflow says',
		decides: 'runflow/input.ts',
		needs,
		attempt: async (stage) => {
			const seen: string[] = [];
			let measured = 0;
			let wrong = 0;
			for (const [preset, run, ratio] of ratios) {
				const size = await stage.attempted(async () => await sizeOf(stage, run));
				if ('reason' in size) {
					seen.push(`${preset} not tried`);
					continue;
				}
				const { height, width } = size.made;
				measured += 1;
				if (Math.abs(width / height / ratio - 1) > tolerance) wrong += 1;
				seen.push(`${preset} ${width} × ${height}`);
			}
			if (measured === 0) throw new NotTried('no picture of a preset could be had');
			if (wrong === 0 && measured < ratios.length) throw new NotTried(seen.join(', '));
			return holdsIf(wrong === 0, seen.join(', '));
		},
	},
	{
		id: 'custom-size',
		assumption: '`image_size` takes `{width, height}`, and the picture has exactly these pixels',
		source: 'SEED',
		copes: 'Outputs the pixels that Runflow says',
		decides: 'runflow/input.ts',
		needs,
		attempt: async (stage) => {
			const { height, width } = await sizeOf(stage, 'mask');
			const isExact = width === editedSize.width && height === editedSize.height;
			const asked = `${editedSize.width} × ${editedSize.height}`;
			return holdsIf(isExact, `${width} × ${height} for ${asked}`);
		},
	},
	{
		id: 'sync-mode',
		assumption: 'In sync mode the create waits, and its answer has the picture as a data URI',
		source: 'SEED',
		copes:
			'Waits for the run where the create answers at once, and takes the picture from a later read',
		decides: 'nodes/GptImage2/runs/deliver.ts',
		needs,
		attempt: async (stage) => {
			const { created, run } = await succeededRun(stage, 'sync');
			const [inAnswer] = created.images;
			if (inAnswer?.url.startsWith('data:')) return holds(`${created.status} with a data URI`);
			if (inAnswer !== undefined) return differs(`${created.status} with a URL`);
			const kind = isTerminal(created.status) ? 'without a picture' : 'at once';
			const seen = `the create answered ${created.status} ${kind}`;
			return run.images.length > 0
				? differs(`${seen}; a later read has the picture`)
				: breaks(`${seen}, and no read has a picture`);
		},
	},
	{
		id: 'sync-history',
		assumption: 'A run of sync mode has no output when it is read later',
		source: 'SEED',
		copes: 'Takes the picture from wherever it is',
		decides: 'nodes/GptImage2/runs/deliver.ts',
		needs,
		attempt: async (stage) => {
			const { run } = await succeededRun(stage, 'sync');
			return holdsIf(run.images.length === 0, `pictures in a later read: ${run.images.length}`);
		},
	},
	{
		id: 'num-images',
		assumption: '`num_images` above 4 is refused',
		source: 'LLMS',
		copes: 'Sets no limit of its own: Runflow decides',
		decides: 'runflow/input.ts',
		needs,
		attempt: async (stage) => {
			const five = await stage.attempted(async () => await trialRun(stage, 'five'));
			if ('made' in five) {
				const { images, status } = five.made.run;
				return differs(`5 were accepted: ${status}, pictures: ${images.length}`);
			}
			if (!(five.error instanceof UnusableRun)) throw five.error;
			const { because } = five.error;
			const isRefused =
				because instanceof RunflowApiError && [400, 422].includes(because.httpStatus);
			return holdsIf(isRefused, five.reason);
		},
	},
];
