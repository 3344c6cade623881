import type { Run } from '../../../runflow/run';

/** What an item wants of a run that is offered. */
export interface Wish {
	/** Whether another item has the run, so that it is offered no more. */
	isTaken: (run: Run) => boolean;
	/** Whether the run is what the item asks for; any is, unless said. */
	isFor?: (run: Run) => boolean;
}

/**
 * Runs that items may take up, by keys under which they look for them. A run is offered once: whoever
 * gets it takes it, or finds that it is of no use to anyone. So however many items ask, each run is
 * looked at about once for each of its keys.
 */
export class Offers {
	private readonly byKey = new Map<string, { runs: Run[]; next: number }>();

	private readonly offered = new Set<string>();

	/** Offers a run under these keys, behind those that are there already. */
	add(run: Run, keys: string[]): void {
		for (const key of keys) {
			const shelf = this.byKey.get(key) ?? { runs: [], next: 0 };
			this.byKey.set(key, shelf);
			shelf.runs.push(run);
		}
	}

	/** The next run under the first of these keys that has one left for the item; null where none has. */
	next(keys: string[], wish: Wish): Run | null {
		for (const key of keys) {
			const run = this.nextOf(key, wish);
			if (run !== null) return run;
		}
		return null;
	}

	private nextOf(key: string, { isFor = () => true, isTaken }: Wish): Run | null {
		const shelf = this.byKey.get(key);
		if (shelf === undefined) return null;
		for (let index = shelf.next; index < shelf.runs.length; index++) {
			const run = shelf.runs[index];
			if (run === undefined) break;
			const isGone = this.offered.has(run.id) || isTaken(run);
			if (isGone && index === shelf.next) shelf.next += 1;
			if (isGone || !isFor(run)) continue;
			this.offered.add(run.id);
			return run;
		}
		return null;
	}
}
