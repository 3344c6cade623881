import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a fault did, in counts. */
export interface FaultRow {
	fault: string;
	/** The images that were asked for. */
	wanted: number;
	/** The runs on the simulator's books. */
	runs: number;
	/** The images that came out. */
	images: number;
}

const folder = join(__dirname, '..', '..', 'reports');

/** The faults of a file of tests, for the table in the docs. */
export class FaultBook {
	private readonly rows: Array<FaultRow & { lost: number; paidTwice: number }> = [];

	/** Enters a fault; returns what was lost and paid twice. */
	enter(row: FaultRow) {
		const lost = row.wanted - row.images;
		const paidTwice = row.runs - row.wanted;
		this.rows.push({ ...row, lost, paidTwice });
		return { lost, paidTwice };
	}

	/** Writes the table to `reports/queue-<name>.md`. */
	print(name: string): void {
		const lines = this.rows.map(
			({ fault, images, lost, paidTwice, runs, wanted }) =>
				`| ${[fault, wanted, runs, images, lost, paidTwice].join(' | ')} |`,
		);
		const head = '| Fault | Images wanted | Runs created | Images out | Lost | Paid twice |';
		mkdirSync(folder, { recursive: true });
		writeFileSync(
			join(folder, `queue-${name}.md`),
			[head, '|---|---|---|---|---|---|', ...lines, ''].join('\n'),
		);
	}
}
