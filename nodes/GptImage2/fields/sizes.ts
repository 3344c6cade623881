import type { INodePropertyOptions } from 'n8n-workflow';

import { channelSizes, presetSizes } from '../imageSizes';

const pixels = (value: number) => value.toLocaleString('en-US');

const byName = (one: INodePropertyOptions, other: INodePropertyOptions) =>
	one.name.localeCompare(other.name, 'en');

/** The API's shapes and the channels' sizes, sorted by name. */
export const sizeOptions: INodePropertyOptions[] = [
	...presetSizes.map((preset) => ({ ...preset, description: 'Runflow decides how many pixels' })),
	...channelSizes.map(({ height, name, recommended, value, width }) => ({
		name,
		value,
		description: `${pixels(width)} × ${pixels(height)} pixels, ${recommended}`,
	})),
].sort(byName);

/** Returns those sizes and others, sorted by name. */
export function sizeOptionsWith(...others: INodePropertyOptions[]): INodePropertyOptions[] {
	return [...sizeOptions, ...others].sort(byName);
}
