import type { Run } from '../../../runflow/run';
import type { NamedRun } from './owners';

/** What an item wants from a run. */
export interface Wish {
	/** Whether another item has the run, so that it isn't offered any more. */
	isTaken(run: NamedRun): boolean;
	/** Whether the run is what the item asks for. */
	isFor(run: Run): boolean;
}

/**
 * Runs by the keys under which items look for them. A run is offered only once: whoever gets it takes it,
 * or finds that nobody can use it. So each run is checked about once for each of its keys, however many
 * items ask.
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

	/**
	 * Returns the next run for the item, under the first of these keys that has one left; null if none has.
	 */
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

	/** All runs under these keys, even if they are taken. */
	under(keys: string[]): Run[] {
		return keys.flatMap((key) => this.byKey.get(key)?.runs ?? []);
	}
}
