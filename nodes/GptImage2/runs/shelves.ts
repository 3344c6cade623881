import type { Run } from '../../../runflow/run';
import type { NamedRun } from './owners';

/** What an item wants of a run. */
export interface Wish {
	/** Whether another item has the run, so that it is offered no more. */
	isTaken(run: NamedRun): boolean;
	/** Whether the run is what the item asks for. */
	isFor(run: Run): boolean;
}

/**
 * Runs by keys under which items look for them. A run is offered once: whoever gets it takes it, or finds
 * that it is of no use to anyone. So however many items ask, each run is looked at about once for each of
 * its keys.
 */
export class Shelves {
	private readonly byKey = new Map<string, { runs: Run[]; next: number }>();

	private readonly offered = new Set<string>();

	/** Offers a run under these keys. */
	put(run: Run, keys: string[]): void {
		for (const key of keys) {
			const shelf = this.byKey.get(key) ?? { runs: [], next: 0 };
			this.byKey.set(key, shelf);
			shelf.runs.push(run);
		}
	}

	/** The next run under the first of these keys that has one left for the item; null where none has. */
	next(keys: string[], { isFor, isTaken }: Wish): Run | null {
		for (const shelf of keys.flatMap((key) => this.byKey.get(key) ?? [])) {
			for (let index = shelf.next; index < shelf.runs.length; index++) {
				const run = shelf.runs[index];
				if (run === undefined) break;
				const isGone = this.offered.has(run.id) || isTaken(run);
				if (isGone && index === shelf.next) shelf.next += 1;
				if (isGone || !isFor(run)) continue;
				this.offered.add(run.id);
				return run;
			}
		}
		return null;
	}

	/** All runs under these keys, whoever has them. */
	under(keys: string[]): Run[] {
		return keys.flatMap((key) => this.byKey.get(key)?.runs ?? []);
	}
}
