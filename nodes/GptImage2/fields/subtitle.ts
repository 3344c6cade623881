import { channelSizes, presetSizes } from '../imageSizes';

const withoutUses = (name: string) => name.replace(/ \(.*\)$/, '');

const sizes = Object.fromEntries(
	[...presetSizes, ...channelSizes].map(({ name, value }) => [value, withoutUses(name)]),
);

const operations = {
	generate: 'Generate',
	edit: 'Edit',
	get: 'Get run',
	getMany: 'Get many runs',
	getCallbackDeliveries: 'Get callback deliveries',
	redeliverCallback: 'Redeliver callback',
	redeliverMissed: 'Redeliver missed callbacks',
	watch: 'Wakes a suspended execution',
};

const parameter = (name: string) => `$parameter["${name}"]`;
const own = `${parameter('width')} + " × " + ${parameter('height')}`;
const size = `(${parameter('imageSize')} === "custom" ? ${own} : (${JSON.stringify(sizes)})[${parameter('imageSize')}])`;
const quality = `(${JSON.stringify({ low: 'Low', medium: 'Medium', high: 'High' })})[${parameter('quality')}]`;
const operation = `(${JSON.stringify(operations)})[${parameter('operation')}]`;
const ofImage = `${parameter('resource')} === "image"`;

/** What stands below the node on the canvas, such as 'Generate · Portrait 9:16 · Low'; a size or quality from an expression is left out. */
export const subtitle = `={{ [${operation}, ${ofImage} && ${size}, ${ofImage} && ${quality}].filter(Boolean).join(" · ") }}`;
