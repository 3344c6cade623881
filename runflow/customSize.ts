import { z } from 'zod/v3';

/** The limits of a custom size, in pixels (SEED). */
const limits = {
	multipleOf: 16,
	longestEdge: 3840,
	ratio: 3,
	minPixels: 655_360,
	maxPixels: 8_294_400,
} as const;

interface Size {
	width: number;
	height: number;
}

type Edge = keyof Size;

const pixels = (value: number) => value.toLocaleString('en-US');

/** What is wrong with a size, each problem at the edge to change. */
function problemsOf({ width, height }: Size): Array<{ edge: Edge; problem: string }> {
	const { longestEdge, maxPixels, minPixels, multipleOf, ratio } = limits;
	const given = [
		['width', width],
		['height', height],
	] as const;
	const longer = width >= height ? 'width' : 'height';
	const area = width * height;
	return [
		...given.flatMap(([edge, value]) =>
			value % multipleOf === 0 ? [] : [{ edge, problem: `must be a multiple of ${multipleOf}` }],
		),
		...given.flatMap(([edge, value]) =>
			value <= longestEdge
				? []
				: [{ edge, problem: `must be at most ${pixels(longestEdge)} pixels` }],
		),
		...(Math.max(width, height) > ratio * Math.min(width, height)
			? [
					{
						edge: longer,
						problem: `must be at most ${ratio} times the other edge; ${width} × ${height} is narrower`,
					} as const,
				]
			: []),
		...(area < minPixels || area > maxPixels
			? [
					{
						edge: longer,
						problem:
							`must make an image of ${pixels(minPixels)} to ${pixels(maxPixels)} pixels in total; ` +
							`${width} × ${height} is ${pixels(area)}`,
					} as const,
				]
			: []),
	];
}

/** All allowed edges. */
const edges = Array.from(
	{ length: limits.longestEdge / limits.multipleOf },
	(_, index) => (index + 1) * limits.multipleOf,
);

let allowed: Size[] | undefined;

/** Every allowed size, of which there are some twenty thousand. They are listed once. */
function allowedSizes(): Size[] {
	allowed ??= edges
		.flatMap((width) => edges.map((height) => ({ width, height })))
		.filter((size) => problemsOf(size).length === 0);
	return allowed;
}

/** The two of these sizes that are nearest to another, the nearest first. */
function nearestTwo(sizes: Size[], { height, width }: Size): [Size, Size] {
	let first = { size: { width, height }, distance: Infinity };
	let second = first;
	for (const size of sizes) {
		const distance = (size.width - width) ** 2 + (size.height - height) ** 2;
		if (distance < first.distance) [first, second] = [{ size, distance }, first];
		else if (distance < second.distance) second = { size, distance };
	}
	return [first.size, second.size];
}

/** The nearest allowed sizes: two values of one edge if the other can stay, else one size. */
function nearestTo(size: Size, broken: ReadonlySet<Edge>): string {
	const [first, second] = nearestTwo(allowedSizes(), size);
	const both = (edge: Edge) => [first[edge], second[edge]].sort((one, other) => one - other);
	const stays = (edge: Edge) =>
		!broken.has(edge) && first[edge] === size[edge] && second[edge] === size[edge];
	if (stays('height')) return both('width').join(' or ');
	if (stays('width')) return both('height').join(' or ');
	return `${first.width} × ${first.height}`;
}

const edgeSchema = z
	.number({ invalid_type_error: 'must be a number' })
	.int('must be a whole number')
	.positive('must be greater than 0');

/** A custom size in pixels, checked against all four rules of the seed; the message names what can be used. */
export const customSize = z
	.object({ width: edgeSchema, height: edgeSchema })
	.superRefine((size, context) => {
		const problems = Object.values(size).every((edge) => Number.isInteger(edge) && edge > 0)
			? problemsOf(size)
			: [];
		const broken = new Set(problems.map(({ edge }) => edge));
		problems.forEach(({ edge, problem }, index) => {
			const isLast = index === problems.length - 1;
			const message = isLast ? `${problem}. Use ${nearestTo(size, broken)}` : problem;
			context.addIssue({ code: z.ZodIssueCode.custom, path: [edge], message });
		});
	});
