/**
 * Who calls: Runflow, or this package, either to wake the execution or only to ask whether it is suspended.
 */
type Purpose = 'callback' | 'probe' | 'wake';

/** What this process knows about the suspension that is called. */
export interface Known {
	/** Whether this process is resuming the execution, or has just done so. */
	isResumed: boolean;
	/** Whether every run of the suspension has called back. */
	isComplete: boolean;
	/** Whether this process reads the runs itself from time to time. */
	isWatched: boolean;
}

/**
 * Decides what a call leads to: nothing, or reading the runs, at once or a moment later. The callback of
 * one of several runs is no reason to read them all, unless it is the last one. Before that, the watch
 * reads them, or a call that this process makes a moment later. `reachesItself` says whether this process
 * can call itself; null if it hasn't tried.
 */
export function decide(
	purpose: Purpose,
	{ isComplete, isResumed, isWatched }: Known,
	reachesItself: boolean | null,
): 'wait' | 'readSoon' | 'read' {
	if (purpose === 'probe' || isResumed) return 'wait';
	if (purpose === 'wake' || isComplete || !reachesItself) return 'read';
	return isWatched ? 'wait' : 'readSoon';
}
