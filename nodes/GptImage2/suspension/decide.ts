/** Who calls: Runflow, or this package, to wake the execution or only to ask whether it is suspended. */
type Purpose = 'callback' | 'probe' | 'wake';

/** What this process knows of the suspension that is called. */
export interface Known {
	/** Whether this process is resuming the execution, or has just done so. */
	isResumed: boolean;
	/** Whether every run of the suspension has called back. */
	isComplete: boolean;
	/** Whether this process reads the runs itself now and then. */
	isWatched: boolean;
}

/**
 * Decides what a call leads to: nothing, or the runs are read, at once or a moment later. The callback of
 * one of several runs is no reason to read them all: that of the last one is, and before that whoever
 * watches, or a call that this process makes a moment later. `reachesItself` says whether it can, null
 * where it hasn't tried.
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
