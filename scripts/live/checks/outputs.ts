import { z } from 'zod/v3';

import { imagesOf } from '../../../runflow/outputImages';
import { runSchema } from '../../../runflow/run';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { lifetimeOf } from '../lifetime';
import { NotTried } from '../notTried';
import { pixelsOf } from '../pictures';
import { sampleFile, sampleRun } from '../samples';
import type { Stage } from '../stage';

const fieldsSchema = z.record(z.unknown());
const namesOf = (value: unknown) => Object.keys(fieldsSchema.safeParse(value).data ?? {});
const documented = z.object({ outputs: z.array(z.object({ url: z.string() })).min(1) });

/** The first object with a URL inside of a value; null where there is none. */
function itemIn(value: unknown): Record<string, unknown> | null {
	if (typeof value !== 'object' || value === null) return null;
	const fields = new Map(Object.entries(value));
	if (typeof fields.get('url') === 'string') return Object.fromEntries(fields);
	return [...fields.values()].map(itemIn).find((item) => item !== null) ?? null;
}

/** The URLs of the sample's first picture in two reads. */
export async function twoUrls(stage: Stage): Promise<[string, string]> {
	return await stage.once('two urls', async () => {
		const { id } = await sampleRun(stage);
		const { client } = stage.api.under('signed-anew');
		const read = async () => (await client.getRun(id)).images[0]?.url;
		const first = await read();
		await stage.pause();
		const second = await read();
		if (!first?.startsWith('http') || second === undefined) {
			throw new NotTried('its picture has no URL');
		}
		return [first, second];
	});
}

const dayInSeconds = 86_400;
const needs = 'nothing';

/** What a run that succeeded shows, and its picture. */
export const outputChecks: Check[] = [
	{
		id: 'output',
		assumption: 'Pictures are in `output.outputs[]`',
		source: 'SEED, RUNS-new',
		copes: 'Finds them under every name that a source has: images, image_urls, image, url, …',
		decides: 'runflow/outputImages.ts',
		needs,
		attempt: async (stage) => {
			const { output } = (await sampleRun(stage)).raw;
			const seen = namesOf(output).join(', ') || typeof output;
			if (imagesOf(output).length === 0) return breaks(seen);
			return holdsIf(documented.safeParse(output).success, seen);
		},
	},
	{
		id: 'output-item',
		assumption: 'A picture has type, url, and its true width and height',
		source: 'RUNS-new, SKILL, SDK',
		copes: 'Needs the URL only; width and height become null without it',
		decides: 'runflow/outputImages.ts',
		needs,
		attempt: async (stage) => {
			const item = itemIn((await sampleRun(stage)).raw.output);
			if (item === null) throw new NotTried('pictures are no objects');
			const seen = Object.keys(item).join(', ');
			if (item.type !== 'image' || item.width === undefined) return differs(seen);
			const file = await stage.attempted(sampleFile);
			if (!('made' in file) || file.made.status !== 200) {
				throw new NotTried(`${seen}; its pixels could not be compared with the picture's`);
			}
			const { height, width } = await pixelsOf(file.made.bytes);
			const isTrue = item.width === width && item.height === height;
			return holdsIf(isTrue, `${seen}; the picture has ${width} × ${height}`);
		},
	},
	{
		id: 'run-names',
		assumption: 'A run has `created_at`, `completed_at` and `duration_ms`',
		source: 'RUN-C',
		copes: 'Reads `finished_at` too; what is missing becomes null',
		decides: 'runflow/run.ts',
		needs,
		attempt: async (stage) => {
			const { raw } = await sampleRun(stage);
			const missing = ['created_at', 'completed_at', 'duration_ms'].filter(
				(name) => (raw[name] ?? null) === null,
			);
			const others = namesOf(raw).filter((name) => /_at$/.test(name));
			const seen = missing.length === 0 ? 'all' : `without ${missing.join(', ')}, but`;
			const { completedAt, createdAt } = runSchema.parse(raw);
			if (completedAt === null || createdAt === null) return breaks(`${seen} ${others.join(', ')}`);
			return holdsIf(
				missing.length === 0,
				missing.length === 0 ? seen : `${seen} ${others.join(', ')}`,
			);
		},
	},
	{
		id: 'picture',
		assumption: 'A picture is downloaded from its URL without the key',
		source: 'CB, SKILL',
		copes: null,
		decides: 'nodes/GptImage2/files.ts',
		needs,
		attempt: async (stage) => {
			const { bytes, status } = await sampleFile(stage);
			const seen = `${status}, ${bytes.length} bytes`;
			return status === 200 ? holds(seen) : breaks(seen);
		},
	},
	{
		id: 'picture-type',
		assumption: "Its Content-Type is the picture's",
		source: 'SEED',
		copes: "Uses the URL's path or the requested format if the header is generic",
		decides: 'nodes/GptImage2/output/mime.ts',
		needs,
		attempt: async (stage) => {
			const { bytes, contentType, status } = await sampleFile(stage);
			if (status !== 200) throw new NotTried('it could not be downloaded');
			const { format } = await pixelsOf(bytes);
			return holdsIf(contentType === `image/${format}`, `${contentType} for a ${format}`);
		},
	},
	{
		id: 'picture-url-life',
		assumption: 'The URL of a picture works for a day or longer',
		source: 'ADC, SKILL',
		copes: 'Downloads at once, and reads the run again when a URL has expired',
		decides: 'nodes/GptImage2/output/images.ts',
		needs,
		attempt: async (stage) => {
			const [url] = await twoUrls(stage);
			const seconds = lifetimeOf(url);
			if (seconds === null) throw new NotTried('the URL does not say how long it works');
			return holdsIf(seconds >= dayInSeconds, `${seconds} s`);
		},
	},
	{
		id: 'signed-anew',
		assumption: "Each read of a run signs its pictures' URLs anew",
		source: 'SDK',
		copes: null,
		decides: 'nodes/GptImage2/output/images.ts',
		needs,
		attempt: async (stage) => {
			const [first, second] = await twoUrls(stage);
			return first === second
				? breaks("the same URL twice, so an expired one can't be replaced")
				: holds('another URL each time');
		},
	},
];
