import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { z } from 'zod';

import roomList from './rooms.json';

const root = join(__dirname, '..');

/** The rooms of the house, top floor first, each with the pattern of its files. */
export const rooms: ReadonlyArray<{ name: string; files: string }> = roomList;

const folders = ['bench', 'credentials', 'nodes', 'runflow', 'scripts', 'simulator'];

const reportSchema = z.object({
	modules: z.array(
		z.object({
			source: z.string(),
			dependencies: z.array(z.object({ resolved: z.string(), circular: z.boolean() })),
		}),
	),
	summary: z.object({
		violations: z.array(
			z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) }),
		),
	}),
});

/** What dependency-cruiser found in a house. */
export interface House {
	/** The files of the house by their paths from its root, each with the files of the house that it imports. */
	imports: ReadonlyMap<string, readonly string[]>;
	/** What breaks a rule of `.dependency-cruiser.js`, one sentence each. */
	violations: string[];
}

/**
 * Reads who imports whom, types included, and holds it against the rules of `.dependency-cruiser.js`.
 * Takes the root of the house. Throws what dependency-cruiser printed if it could not read it.
 */
export function readHouse(house = root): House {
	const { stderr, stdout } = spawnSync(
		process.execPath,
		[
			join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
			...['--config', join(root, '.dependency-cruiser.js'), '--output-type', 'json', ...folders],
		],
		{ cwd: house, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 },
	);
	if (!stdout.startsWith('{')) throw new Error(stderr || stdout);
	const { modules, summary } = reportSchema.parse(JSON.parse(stdout));
	const own = modules.filter(({ source }) => folders.includes(source.split('/')[0] ?? ''));
	const files = new Set(own.map(({ source }) => source));
	return {
		imports: new Map(
			own.map(({ source, dependencies }) => [
				source,
				dependencies.map(({ resolved }) => resolved).filter((file) => files.has(file)),
			]),
		),
		violations: summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`),
	};
}

/** The files of a room. */
export function filesIn({ imports }: House, room: { files: string }): string[] {
	const pattern = new RegExp(room.files);
	return [...imports.keys()].filter((file) => pattern.test(file));
}

/** How many floors these files make: 1 where none imports another of them. Needs files without circles. */
function floorsOf({ imports }: House, files: readonly string[]): number {
	const floors = new Map<string, number>();
	const floorOf = (file: string): number => {
		const below = (imports.get(file) ?? []).filter((other) => files.includes(other));
		const floor = floors.get(file) ?? 1 + Math.max(0, ...below.map(floorOf));
		floors.set(file, floor);
		return floor;
	};
	return Math.max(0, ...files.map(floorOf));
}

function main(): void {
	const house = readHouse();
	console.log('violations', house.violations.length, house.violations);
	if (house.violations.some((violation) => violation.startsWith('no circles'))) return;
	console.table(
		rooms.map((room) => {
			const files = filesIn(house, room);
			return { room: room.name, files: files.length, floors: floorsOf(house, files) };
		}),
	);
	const all = [...house.imports.keys()];
	console.log('rooms', rooms.length, 'files', all.length, 'floors', floorsOf(house, all));
}

if (require.main === module) main();
