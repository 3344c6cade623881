import { parseArgs } from 'node:util';

import { asleep } from './asleep';
import { blocks } from './blocks';
import { callbacks } from './callbacks';
import { concurrency } from './concurrency';
import { cost } from './cost';
import { forms } from './forms';
import { generate } from './generate';
import { heap } from './heap';
import { known } from './known';
import { late } from './late';
import { load } from './load';
import { memory } from './memory';
import { describeMachine, print, write, type Figures, type Options } from './report';

const parts: Readonly<Record<string, (options: Options) => Promise<Figures[]>>> = {
	generate,
	late,
	cost,
	memory,
	callbacks,
	load,
	concurrency,
	forms,
	known,
	blocks,
	heap,
	asleep,
};

/** Takes an hour or more on its own, so it only runs if it is named. */
const onDemand = new Set(['asleep']);

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			full: { type: 'boolean', default: false },
			tiny: { type: 'boolean', default: false },
			executions: { type: 'string', default: '1000' },
			minutes: { type: 'string', default: '10' },
		},
	});
	const unknown = positionals.find((name) => !(name in parts));
	if (unknown !== undefined) {
		throw new Error(`There is no part '${unknown}'. Parts: ${Object.keys(parts).join(', ')}`);
	}
	const size = values.tiny ? 'tiny' : values.full ? 'full' : 'short';
	const options = { size, ...numbers(values) } as const;
	const chosen = positionals.length > 0 ? positionals : Object.keys(parts);
	const machine = await describeMachine();
	console.log(machine);
	for (const [name, measure] of Object.entries(parts)) {
		if (!chosen.includes(name) || (positionals.length === 0 && onDemand.has(name))) continue;
		try {
			const figures = await measure(options);
			print(figures);
			if (size !== 'tiny') write(name, size, figures, machine);
		} catch (error) {
			console.error(`The part '${name}' failed.`, error);
			process.exitCode = 1;
		}
	}
}

function numbers({ executions, minutes }: { executions: string; minutes: string }) {
	return { executions: Number(executions), minutes: Number(minutes) };
}

void main().catch((error: Error) => {
	console.error(error);
	process.exitCode = 1;
});
