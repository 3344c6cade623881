import type { Run } from './run';

/** How often a run is read while it is pending. */
export interface Pace {
	/** The longest gap between two reads, from which the other gaps are derived. */
	pollSeconds: number;
	/** How long the run is expected to take; null if unknown. */
	expectedMs: number | null;
}

/**
 * Converts a start at `startedAt`, in milliseconds since 1970, to the clock of `performance.now()`. Nobody
 * can set that clock, so a wait measured by it never grows by an hour.
 */
export function beganAt(startedAt: number): number {
	return performance.now() - Math.max(0, Date.now() - startedAt);
}

/** A fraction of an age, between two bounds in milliseconds. */
export interface AgePart {
	part: number;
	shortestMs: number;
	longestMs: number;
}

/** Returns that fraction of `ageMs`, in milliseconds. */
export function partOfAge(ageMs: number, { part, shortestMs, longestMs }: AgePart): number {
	return Math.min(Math.max(ageMs * part, shortestMs), longestMs);
}

const gapPerElapsed = 0.1;

/** If nothing is known, the gap is at first this fraction of the run's age, up to the usual gap. */
const firstGapPerElapsed = 1 / 3;

/** The run is read shortly before its expected end, and halfway there in case it is much quicker. */
const looksBeforeEnd = [0.5, 0.9];

/**
 * Returns how long to wait before the next read of a run that is `elapsedMs` old, in milliseconds. A run
 * with an expected end is hardly read before then. After that, the gap is a tenth of the run's age, so the
 * end of a run is noticed soon in proportion to how long it took. If nothing is known about a run, its age
 * says little yet, so the first gap is a fifth of the poll interval, and later ones are longer.
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
 * Returns how long a run took, in milliseconds: as the API reports it, but at most as long as it was waited
 * for; a read may have come late.
 */
export function durationOf({ completedAt, createdAt, duration_ms }: Run, waitedMs: number): number {
	const tookMs = (completedAt ?? NaN) - (createdAt ?? NaN);
	const said = [tookMs, duration_ms ?? NaN].find((milliseconds) => milliseconds >= 0);
	return Math.min(said ?? Infinity, waitedMs);
}

const mostDurations = 5;
const mostKinds = 200;

/** How long the last runs of each kind took in this process. */
export class Durations {
	private readonly byKind = new Map<string, number[]>();

	/** Records that a run of a kind took this long, in milliseconds. */
	note(kind: string, durationMs: number): void {
		const durations = [...(this.byKind.get(kind) ?? []), durationMs].slice(-mostDurations);
		this.byKind.delete(kind);
		this.byKind.set(kind, durations);
		const [oldest] = this.byKind.keys();
		if (this.byKind.size > mostKinds && oldest !== undefined) this.byKind.delete(oldest);
	}

	/** The shortest of the last few durations, in milliseconds; null if there are none. */
	expected(kind: string): number | null {
		const durations = this.byKind.get(kind);
		return durations === undefined ? null : Math.min(...durations);
	}
}
