import type { InputFields } from '../runflow/input';
import type { Settings } from './options';
import type { Size } from './landscape';

type Fields = Record<string, unknown>;

/** What a picture costs as a part of the price of high quality, by its quality (SITE). */
const partOfHighPrice: Readonly<Record<string, number>> = {
	low: 0.009 / 0.133,
	medium: 0.034 / 0.133,
};

const usualPixels = 1024 * 1024;

/** What so many pictures cost, in dollars, as the settings have it. */
export function priceOf(
	{ quality }: InputFields,
	{ width, height }: Size,
	pictures: number,
	settings: Settings,
): number {
	const { highPrice, priceGrowsWithSize, prices } = settings;
	const part = prices === 'flat' ? 1 : (partOfHighPrice[quality] ?? 1);
	const growth = priceGrowsWithSize ? (width * height) / usualPixels : 1;
	return highPrice * part * growth * pictures;
}

/** The output of a run with these images, in the shape that the settings name. */
export function outputOf(
	images: Array<{ url: string } & Size>,
	{ hasImageSizes, outputShape }: Settings,
): Fields {
	const rest = { seed: null, timing: null, nsfw_detected: null };
	if (outputShape === 'image_urls') return { image_urls: images.map(({ url }) => url), ...rest };
	const items = images.map(({ url, ...size }) => ({
		type: 'image',
		url,
		...(hasImageSizes && size),
	}));
	return { [outputShape]: items, ...rest };
}

/** A run under the names, and with the values, that the settings say. */
export function asNamed(run: Fields, settings: Settings): Fields {
	const { costAs, failureNames, keepsMetadata, runNames, showsClientRef } = settings;
	const named = { ...run };
	if (costAs === 'number' && named.cost !== null) named.cost = Number(named.cost);
	if (!showsClientRef) delete named.client_ref;
	if (!keepsMetadata && named.metadata !== null) named.metadata = asTexts(Object(named.metadata));
	if (runNames === 'sdk') rename(named, 'completed_at', 'finished_at');
	if (failureNames === 'sdk') {
		const { failure_code: code, failure_message: message } = named;
		for (const name of ['code', 'message', 'stage_code']) delete named[`failure_${name}`];
		named.error = code === null ? null : { code, message };
	}
	return named;
}

function asTexts(fields: object): Fields {
	return Object.fromEntries(
		Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]),
	);
}

function rename(fields: Fields, from: string, to: string): void {
	fields[to] = fields[from];
	delete fields[from];
}

/** The answer of a create, which may name the run's id and status in other words (TPL, ADC). */
export function asCreated(run: Fields, { createdNames }: Settings): Fields {
	if (createdNames === 'documented') return run;
	const created = { ...run };
	rename(created, 'id', 'run_id');
	rename(created, 'status_code', 'status');
	return created;
}
