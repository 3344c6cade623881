import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

import { ensureN8n } from '../scripts/n8n/install';
import { table } from '../scripts/docs/parts';

/** How much is measured: a trial of seconds, the usual selection, or everything. */
export type Size = 'tiny' | 'short' | 'full';

/** A table of figures and what it means, in a sentence. */
export interface Figures {
	title: string;
	rows: Array<Record<string, string>>;
	meaning: string;
}

/** What a part of the bench is asked to do. */
export interface Options {
	size: Size;
	/** For `asleep`: how many executions, and for how many minutes. */
	executions: number;
	minutes: number;
}

const page = join(__dirname, '..', 'docs', 'benchmarks.md');
const endOf = (part: string) => `<!-- end of '${part}' -->`;
const startOf = (part: string) => `<!-- '${part}', written by npm run bench -->`;

/** Prints what a part measured. */
export function print(figures: Figures[]): void {
	for (const { title, rows, meaning } of figures) {
		console.log(`\n${title}`);
		console.table(rows);
		console.log(meaning);
	}
}

/** Writes what a part measured into its place on the page. Throws where the page has none. */
export function write(part: string, size: Size, figures: Figures[], machine: string): void {
	const text = readFileSync(page, 'utf8');
	const from = text.indexOf(startOf(part));
	const to = text.indexOf(endOf(part));
	if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no place for '${part}'`);
	const tables = figures.map(({ title, rows, meaning }) => {
		const heads = Object.keys(rows[0] ?? {});
		const cells = rows.map((row) => heads.map((head) => row[head] ?? ''));
		return `**${title}**\n\n${table(heads, cells)}\n\n${meaning}`;
	});
	const selection = size === 'full' ? 'everything' : 'the usual selection';
	const content = [...tables, `*${machine}; ${selection}.*`].join('\n\n');
	const filled = `${text.slice(0, from)}${startOf(part)}\n\n${content}\n\n${text.slice(to)}`;
	writeFileSync(page, filled);
}

/** The machine's size, the versions of Node and n8n, and the date. */
export async function describeMachine(): Promise<string> {
	const installed = await ensureN8n();
	const node = execFileSync(installed.node, ['--version'], { encoding: 'utf8' }).trim();
	const manifest = readFileSync(join(installed.n8n, '..', '..', 'package.json'), 'utf8');
	const { version } = JSON.parse(manifest) as { version: string };
	const [cpu] = cpus();
	const gigabytes = Math.round(totalmem() / 1024 ** 3);
	const date = new Date().toISOString().slice(0, 10);
	return `${date}, ${cpus().length} cores (${cpu?.model.trim()}), ${gigabytes} GB of memory, Node ${node}, n8n ${version}`;
}

/** The number in the middle. */
export function median(values: number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle] ?? NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** A duration as a person says it. */
export function duration(ms: number): string {
	const seconds = ms / 1000;
	if (!Number.isFinite(seconds)) return 'failed';
	if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
	if (seconds < 5940) return `${(seconds / 60).toFixed(1)} min`;
	return `${(seconds / 3600).toFixed(1)} h`;
}

/** A whole number with thousands separated. */
export function whole(value: number): string {
	return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : 'failed';
}
