/** What a node has paid for, or may have paid for, apart from the run that its error is about. */
export interface OtherRuns {
	runIds: string[];
	/** References of creates that got no clear answer. */
	unclearRefs: string[];
}

/** Where to find in n8n what the advice 'Retry this execution' means. */
const whereRetryIs =
	"To retry, open 'Executions' above the canvas, choose the execution that failed, and press 'Retry execution'; pressing 'Execute workflow' within a day takes them up as well, where it asks for the same.";

/** The maximum number of ids in one sentence. */
const mostNamed = 20;

/** Says which other runs are paid for, and how to get their images. Empty if there are none. */
export function wordsForOtherRuns({ runIds, unclearRefs }: OtherRuns): string {
	const paid =
		runIds.length > 0 &&
		`${runIds.length} other ${runIds.length === 1 ? 'run is' : 'runs are'} paid for or still pending: ${list(runIds)}.`;
	const unclear =
		unclearRefs.length > 0 &&
		`${unclearRefs.length} other ${unclearRefs.length === 1 ? 'run' : 'runs'} may have been started, with the client ${unclearRefs.length === 1 ? 'reference' : 'references'} ${list(unclearRefs)}.`;
	const advice = `Retry this execution to continue with them; they are not paid for again. ${whereRetryIs}`;
	return [paid, unclear, (paid || unclear) && advice].filter(Boolean).join(' ');
}

/** Says which runs continue after the node was stopped. Empty if there are none. */
export function wordsForStoppedRuns({ runIds, unclearRefs }: OtherRuns): string {
	const started = runIds.length > 0 && `Runs that were started: ${list(runIds)}.`;
	const unclear =
		unclearRefs.length > 0 &&
		`Runs that may have been started, by client reference: ${list(unclearRefs)}.`;
	const advice =
		"Runflow has no way to cancel a run: what was started continues and is charged. Read it later with 'Run' as 'Resource'.";
	return [started, unclear, (started || unclear) && advice].filter(Boolean).join(' ');
}

/** Says which runs a retry left behind. Empty if there are none. */
export function wordsForLeftOverRuns(runIds: string[]): string {
	if (runIds.length === 0) return '';
	return `Since the execution that is retried began, this node also started runs that no item asks for now: ${list(runIds)}. Get their images with 'Run' as 'Resource' and 'Get' as 'Operation'.`;
}

/** Lists ids, and counts those that are too many to list. */
export function list(ids: string[]): string {
	const more = ids.length - mostNamed;
	return ids.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
