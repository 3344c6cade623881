import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { mutantsOf, type Mutant } from './mutants';
import { Sandbox } from './sandbox';

const root = join(__dirname, '..', '..');

/** The folders, and the engine tests that notice most of what changes in them, which are tried first. */
const engineTests: Readonly<Record<string, string>> = {
	runflow: 'lostCreates runs errors earlierRun retried lateOutput',
	'nodes/GptImage2/runs': 'retried undelivered reuse syncMode ownReferences uploads crashed',
	'nodes/GptImage2/suspension': 'resumes completion ownUrl alarm',
	'nodes/GptImage2/output': 'transfers runs generate syncMode afterPayment toolErrors resumeToken',
	'nodes/GptImage2/parameters': 'binary edit expressions missingValues errors parameters',
};
const folders = Object.keys(engineTests);

const [perFolder = 16, seed = 1, limitSeconds = 600, lanes = 1] = process.argv.slice(2).map(Number);

/** As many of a list's elements; the same ones for the same seed. */
function sample<T>(all: T[], size: number): T[] {
	let state = seed;
	const next = () => (state = (state * 48_271 + 11) % 2_147_483_647);
	return all
		.map((one) => ({ one, place: next() }))
		.sort((one, other) => one.place - other.place)
		.slice(0, size)
		.map(({ one }) => one);
}

function mutantsIn(folder: string): Mutant[] {
	return readdirSync(join(root, folder)).flatMap((name) => {
		const file = `${folder}/${name}`;
		return mutantsOf(file, readFileSync(join(root, file), 'utf8'));
	});
}

/** The test that notices a mutant; null where none does in time. */
async function killerOf(
	sandbox: Sandbox,
	{ file, start, end, to }: Mutant,
): Promise<string | null> {
	const path = join(sandbox.folder, file);
	const text = readFileSync(path, 'utf8');
	writeFileSync(path, text.slice(0, start) + to + text.slice(end));
	const first = folders.find((folder) => file.startsWith(`${folder}/`)) ?? '';
	const killer = await sandbox.killerOf(file, engineTests[first]?.split(' ') ?? []);
	writeFileSync(path, text);
	return killer;
}

const drawn = folders.flatMap((folder) => sample(mutantsIn(folder), perFolder));
const waiting = [...drawn];
const survivors: Mutant[] = [];

async function work(): Promise<void> {
	const sandbox = new Sandbox(limitSeconds * 1000);
	for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
		const killer = await killerOf(sandbox, mutant);
		const { file, line, from, to } = mutant;
		const [was, is] = [from, to].map((code) => code.replace(/\s+/g, ' ').slice(0, 80));
		const place = `${file}:${line}  ${was}  →  ${is}`;
		console.log(killer === null ? `SURVIVES ${place}` : `killed   ${place}\n         by ${killer}`);
		if (killer === null) survivors.push(mutant);
	}
	sandbox.close();
}

function report(): void {
	for (const folder of folders) {
		const isIn = ({ file }: Mutant) => file.startsWith(`${folder}/`);
		const all = drawn.filter(isIn).length;
		const killed = all - survivors.filter(isIn).length;
		console.log(`${folder}: ${killed} of ${all} killed, ${Math.round((100 * killed) / all)} %`);
	}
}

void Promise.all(Array.from({ length: lanes }, work)).then(report);
