import { createHash } from 'node:crypto';

/** Pixels of a picture. */
export type Size = { width: number; height: number };

/** Colours of a landscape: the sky from top to bottom, the sun, and the hills from far to near. */
const palettes = [
	{
		sky: ['#1d3557', '#e9c46a'],
		sun: '#fff1c1',
		hills: ['#7a8b99', '#4f6d7a', '#33475b', '#1f2d3d'],
	},
	{
		sky: ['#ff9e7d', '#ffe3b3'],
		sun: '#fff7e0',
		hills: ['#e2856e', '#b5616a', '#7a4562', '#45304f'],
	},
	{
		sky: ['#8ecae6', '#edf6f9'],
		sun: '#ffd166',
		hills: ['#a3c9a8', '#69a297', '#3d7a78', '#22505a'],
	},
	{
		sky: ['#2b2d5b', '#b56bb0'],
		sun: '#ffd9e8',
		hills: ['#8e5a9e', '#64468a', '#42336b', '#26204a'],
	},
	{
		sky: ['#0f4c5c', '#f2b880'],
		sun: '#fde8cd',
		hills: ['#c98b6b', '#8f6a6a', '#565264', '#2c3245'],
	},
];

/** Returns numbers from 0 to 1 that look random and are the same for the same text. */
function numbersOf(text: string): () => number {
	const bytes = createHash('sha512').update(text).digest();
	let next = 0;
	return () => (bytes[next++ % bytes.length] ?? 0) / 255;
}

/** Draws a landscape as SVG that depends on the text; neighbouring variants have different colours. */
export function landscape(text: string, variant: number, { width, height }: Size): Buffer {
	const number = numbersOf(`${text}${variant}`);
	const first = Math.floor(numbersOf(text)() * palettes.length);
	const palette = palettes[(first + variant) % palettes.length];
	const { sky = [], sun = '', hills = [] } = palette ?? {};
	const radius = Math.min(width, height) * (0.07 + number() * 0.06);
	const centre = `cx="${width * (0.2 + number() * 0.6)}" cy="${height * (0.2 + number() * 0.15)}"`;
	const layers = hills.map((colour, layer) => {
		const top = height * (0.42 + layer * 0.13);
		const points = Array.from({ length: 6 }, (_, step) => ({
			x: (width * step) / 5,
			y: top + (number() - 0.5) * height * 0.2,
		}));
		const curve = points
			.slice(1)
			.map(({ x, y }, step) => {
				const middle = x - width / 10;
				return `C ${middle} ${points[step]?.y} ${middle} ${y} ${x} ${y}`;
			})
			.join(' ');
		return `<path fill="${colour}" d="M 0 ${height} L 0 ${points[0]?.y} ${curve} L ${width} ${height} Z"/>`;
	});
	return Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
			<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
				<stop offset="0" stop-color="${sky[0]}"/><stop offset="0.75" stop-color="${sky[1]}"/>
			</linearGradient></defs>
			<rect width="100%" height="100%" fill="url(#sky)"/>
			<circle ${centre} r="${radius * 1.7}" fill="${sun}" opacity="0.25"/>
			<circle ${centre} r="${radius}" fill="${sun}"/>
			${layers.join('')}
		</svg>`,
	);
}
