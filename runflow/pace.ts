import type { Run } from './run';

/** How often a run is read while it is pending. */
export interface Pace {
	/** The longest gap between two reads, from which the others follow. */
	pollSeconds: number;
	/** How long the run is expected to take, null where nothing is known. */
	expectedMs: number | null;
}

/**
 * When something began that did so at `startedAt`, in milliseconds since 1970, by the clock of `performance.now()`,
 * which nobody sets: a wait that is measured by it never grows by an hour.
 */
export function beganAt(startedAt: number): number {
	return performance.now() - Math.max(0, Date.now() - startedAt);
}

/** A part of an age, between two bounds, all in milliseconds. */
export interface AgePart {
	part: number;
	shortestMs: number;
	longestMs: number;
}

/** How long that part of `ageMs` is, in milliseconds. */
export function partOfAge(ageMs: number, { part, shortestMs, longestMs }: AgePart): number {
	return Math.min(Math.max(ageMs * part, shortestMs), longestMs);
}

const gapPerElapsed = 0.1;

/** Where nothing is known, the gap is at first this part of the run's age, up to the usual one. */
const firstGapPerElapsed = 1 / 3;

/** An expected end is looked for shortly before it, and half-way there, should the run be much quicker. */
const looksBeforeEnd = [0.5, 0.9];

/**
 * How long to wait before the next read of a run that is `elapsedMs` old, in milliseconds. A run whose
 * end is expected is hardly read before; after that, the gap is a tenth of the run's age, so a run is
 * never seen much later than it ended, measured by how long it took. Of a run of which nothing is known
 * the age is no measure yet, so the first gap is a fifth of the poll interval, and later ones are longer.
 */
export function nextGap(elapsedMs: number, { expectedMs, pollSeconds }: Pace): number {
	const longestMs = pollSeconds * 1000;
	const gapMs = partOfAge(elapsedMs, {
		part: gapPerElapsed,
		shortestMs: longestMs / 10,
		longestMs,
	});
	if (expectedMs !== null) {
		const next = looksBeforeEnd.map((part) => part * expectedMs).find((at) => elapsedMs < at);
		return next === undefined ? gapMs : Math.max(next - elapsedMs, 1);
	}
	const firstMs = longestMs / 5;
	if (elapsedMs < firstMs) return firstMs - elapsedMs;
	return Math.max(Math.min(elapsedMs * firstGapPerElapsed, longestMs / 2), gapMs);
}

/**
 * How long a run took, in milliseconds: as the API says where it does, and at most as long as it was waited
 * for, since a read may have come late.
 */
export function durationOf({ completedAt, createdAt, duration_ms }: Run, waitedMs: number): number {
	const tookMs = (completedAt ?? NaN) - (createdAt ?? NaN);
	const said = [tookMs, duration_ms ?? NaN].find((milliseconds) => milliseconds >= 0);
	return Math.min(said ?? Infinity, waitedMs);
}

const mostDurations = 5;
const mostKinds = 200;

/** How long the last runs of each kind took, in this process. */
export class Durations {
	private readonly byKind = new Map<string, number[]>();

	/** Notes that a run of a kind took that long, in milliseconds. */
	note(kind: string, durationMs: number): void {
		const durations = [...(this.byKind.get(kind) ?? []), durationMs].slice(-mostDurations);
		this.byKind.delete(kind);
		this.byKind.set(kind, durations);
		const [oldest] = this.byKind.keys();
		if (this.byKind.size > mostKinds && oldest !== undefined) this.byKind.delete(oldest);
	}

	/** The shortest of the last few, in milliseconds; null where there was none. */
	expected(kind: string): number | null {
		const durations = this.byKind.get(kind);
		return durations === undefined ? null : Math.min(...durations);
	}
}
