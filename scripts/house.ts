import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

import ts from 'typescript';

const shells = 'nodes/GptImage2/*.node.ts';

/**
 * The rooms of the house, top floor first: a file imports from its own room and from rooms below it.
 * A file belongs to the innermost room that contains it.
 */
export const rooms = [
	'bench',
	'scripts',
	'simulator',
	shells,
	'nodes/GptImage2/operations',
	'nodes/GptImage2/trigger',
	'nodes/GptImage2/listSearch',
	'nodes/GptImage2/suspension',
	'nodes/GptImage2/runs',
	'nodes/GptImage2/output',
	'nodes/GptImage2/parameters',
	'nodes/GptImage2/errors',
	'nodes/GptImage2/fields',
	'nodes/GptImage2',
	'credentials',
	'runflow',
];

/** Which files of the house import which. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>;

/** An import of one file by another, both as paths from the root. */
export interface Import {
	from: string;
	to: string;
}

/** The imports between the TypeScript files of the house in `root`, type-only ones included. */
export function readImports(root: string): Imports {
	const folders = ['bench', 'credentials', 'nodes', 'runflow', 'scripts', 'simulator'];
	const files = folders.flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.ts'))
			.map((name) =>
				relative(root, join(root, folder, name))
					.split(sep)
					.join('/'),
			),
	);
	const known = new Set(files);
	return new Map(
		files.map((file) => {
			const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'));
			const paths = importedFiles
				.filter(({ fileName }) => fileName.startsWith('.'))
				.map(({ fileName }) => `${posix.join(dirname(file), fileName)}.ts`);
			return [file, new Set(paths.filter((path) => known.has(path)))];
		}),
	);
}

/** The packages and built-in modules that a file imports. */
export function packagesOf(root: string, file: string): string[] {
	const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'));
	return importedFiles.map(({ fileName }) => fileName).filter((name) => !name.startsWith('.'));
}

/** The room of a file, or its folder if no room contains it. */
export function roomOf(file: string): string {
	if (file.endsWith('.node.ts')) return shells;
	const containing = rooms.filter((room) => file.startsWith(`${room}/`));
	const [innermost = dirname(file)] = containing.sort((one, other) => other.length - one.length);
	return innermost;
}

/** The imports from a room into a higher one. */
export function upwardImports(imports: Imports): Import[] {
	return [...imports].flatMap(([from, targets]) =>
		[...targets]
			.filter((to) => rooms.indexOf(roomOf(to)) < rooms.indexOf(roomOf(from)))
			.map((to) => ({ from, to })),
	);
}

/** The groups of files that import each other, directly or through others. */
export function circles(imports: Imports): string[][] {
	const reachable = new Map(
		[...imports.keys()].map((file) => [file, reachableFrom(imports, file)]),
	);
	const groups = [...imports.keys()]
		.map((file) =>
			[...(reachable.get(file) ?? [])].filter((other) => reachable.get(other)?.has(file)),
		)
		.filter((group) => group.length > 1)
		.map((group) => group.sort());
	return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

function reachableFrom(imports: Imports, start: string): Set<string> {
	const found = new Set<string>();
	const open = [start];
	for (let file = open.pop(); file !== undefined; file = open.pop()) {
		for (const target of imports.get(file) ?? []) {
			if (!found.has(target)) open.push(target);
			found.add(target);
		}
	}
	return found;
}

/** The floor of each file, 1 for those that import nothing; a circle counts as one floor. */
export function floorsOf(imports: Imports): Map<string, number> {
	const floors = new Map<string, number>();
	const circleOf = new Map(
		circles(imports).flatMap((circle) => circle.map((file): [string, string[]] => [file, circle])),
	);
	const floorOf = (file: string): number => {
		const known = floors.get(file);
		if (known !== undefined) return known;
		const group = circleOf.get(file) ?? [file];
		const below = group
			.flatMap((member) => [...(imports.get(member) ?? [])])
			.filter((target) => !group.includes(target));
		const floor = 1 + Math.max(0, ...below.map(floorOf));
		for (const member of group) floors.set(member, floor);
		return floor;
	};
	for (const file of imports.keys()) floorOf(file);
	return floors;
}

/** Only the imports between files of one room. */
function within(imports: Imports, room: string): Imports {
	return new Map(
		[...imports]
			.filter(([file]) => roomOf(file) === room)
			.map(([file, targets]) => [file, new Set([...targets].filter((to) => roomOf(to) === room))]),
	);
}

function main(): void {
	const [root = join(__dirname, '..')] = process.argv.slice(2);
	const imports = readImports(root);
	const used = [...new Set([...imports.keys()].map(roomOf))];
	const perRoom = used.map((room) => {
		const inside = within(imports, room);
		return { room, files: inside.size, floors: Math.max(...floorsOf(inside).values()) };
	});
	console.table(perRoom);
	console.log('rooms', used.length, 'files', imports.size);
	console.log('floors', Math.max(...floorsOf(imports).values()));
	console.log('circles', circles(imports));
	console.log('upward imports', upwardImports(imports).length, upwardImports(imports));
}

if (require.main === module) main();
