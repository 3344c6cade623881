/** What is known when the resume URL of a suspended execution is called. */
export interface Called {
	/** Who calls: Runflow, or this package, to wake the execution or only to ask whether it is suspended. */
	purpose: 'callback' | 'probe' | 'wake';
	/** Whether this process is resuming the execution, or has just done so. */
	isResumed: boolean;
	/** Whether every run of the suspension has called back. */
	isComplete: boolean;
	/** Whether this process reads the runs itself now and then. */
	isWatched: boolean;
	/** Whether this process can call n8n's resume URLs; null where it hasn't tried. */
	reachesItself: boolean | null;
}

/** What a call leads to: nothing, or the runs are read, at once or a moment later. */
export type Decision = 'wait' | 'readSoon' | 'read';

/**
 * Decides what a call leads to. The callback of one of several runs is no reason to read them all: that
 * of the last one is, and before that whoever watches, or a call that this process makes a moment later.
 */
export function decide(called: Called): Decision {
	const { isComplete, isResumed, isWatched, purpose, reachesItself } = called;
	if (purpose === 'probe' || isResumed) return 'wait';
	if (purpose === 'wake' || isComplete || !reachesItself) return 'read';
	return isWatched ? 'wait' : 'readSoon';
}
