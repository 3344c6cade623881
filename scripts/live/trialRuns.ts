import { editModel, generateModel } from '../../runflow/client';
import { editInputSchema, generateInputSchema, type RunRequest } from '../../runflow/input';
import { editedSize, pictureToEdit } from './pictures';
import type { Answering } from './receiver';
import type { Stage } from './stage';
import { uploaded } from './uploads';

/** A run to be made for the checks. */
export interface PlannedRun {
	model: string;
	input: (stage: Stage) => Promise<RunRequest['input']>;
	pictures: number;
	/** Dollars a picture may cost, where it isn't in Low. */
	price?: number;
	/** How its callback is answered, where it has one. */
	answering?: Answering;
}

/** Presets that get a run of their own; the others are those of 'base' and 'sync' (SEED). */
export const ownPresets = ['square_hd', 'portrait_4_3', 'portrait_16_9', 'landscape_16_9'] as const;

/** Spaces at both ends, a composed letter and a CRLF, which the API may keep or not. */
const oddPrompt = '  A small brass bell on a plain table,\r\nthe sign of a cafe\u0301 behind it ';
const plainPrompt = 'A small brass bell on a plain table';
const editPrompt =
	'Paint the masked part of the picture plain bright red. Leave all other parts exactly as they are.';

const generate = (input: object, more: Partial<PlannedRun> = {}): PlannedRun => ({
	model: generateModel,
	pictures: 1,
	input: async () => generateInputSchema.parse({ prompt: plainPrompt, quality: 'low', ...input }),
	...more,
});

const edit = (
	inputOf: (stage: Stage) => Promise<object>,
	more: Partial<PlannedRun> = {},
): PlannedRun => ({
	model: editModel,
	pictures: 1,
	input: async (stage) => {
		const images = await inputOf(stage);
		const usual = { prompt: editPrompt, quality: 'low', image_size: editedSize };
		return editInputSchema.parse({ ...usual, ...images });
	},
	...more,
});

const dataUri = (picture: Buffer) => `data:image/png;base64,${picture.toString('base64')}`;

/** A presigned URL with which nothing can be read: its signature, or else its path, is another. */
function spoilt(url: string): string {
	const changed = new URL(url);
	const signatures = [...changed.searchParams.keys()].filter((name) =>
		/signature|sig$/i.test(name),
	);
	for (const name of signatures) changed.searchParams.set(name, '0'.repeat(64));
	if (signatures.length === 0) changed.pathname += 'x';
	return changed.href;
}

/** The runs, by name, in the order in which they are started; the last are the first to be given up for the limit. */
export const plannedRuns = {
	base: generate({ prompt: oddPrompt }, { answering: 'fails-once' }),
	failing: edit(async (stage) => ({ image_urls: [spoilt((await uploaded(stage, 'image')).url)] }), {
		answering: 'accepts',
	}),
	mask: edit(async (stage) => ({
		image_urls: [(await uploaded(stage, 'image')).url],
		mask_url: (await uploaded(stage, 'mask')).url,
	})),
	sync: generate({ image_size: 'square', sync_mode: true, output_format: 'jpeg' }),
	reference: edit(async (stage) => ({
		image_urls: [`runflow://assets/${(await uploaded(stage, 'image')).assetId}`],
		image_size: 'auto',
	})),
	inline: edit(async () => ({
		image_urls: [dataUri(await pictureToEdit())],
		image_size: 'auto',
	})),
	square_hd: generate({ image_size: 'square_hd' }, { answering: 'refuses' }),
	portrait_4_3: generate({ image_size: 'portrait_4_3' }),
	portrait_16_9: generate({ image_size: 'portrait_16_9' }),
	landscape_16_9: generate({ image_size: 'landscape_16_9' }),
	medium: generate({ quality: 'medium', image_size: 'square' }, { price: 0.07 }),
	high: generate({ quality: 'high', image_size: 'square' }, { price: 0.25 }),
	five: generate({ num_images: 5, image_size: { width: 1024, height: 640 } }, { pictures: 5 }),
} satisfies Record<string, PlannedRun>;

/** The name of a run. */
export type RunName = keyof typeof plannedRuns;
