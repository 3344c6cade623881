import type { DisputedRunError, UnknownRunsError } from '../../../runflow/errors';
import type { Words } from './statusWords';
import type { Place } from './wayOn';

/** The words for a create that may or may not have led to a run. */
export function wordsForDispute({ clientRef }: DisputedRunError, place: Place): Words {
	const asksAgain =
		place === 'thrown' ? ' Retrying this execution only asks again, with the same key.' : '';
	return {
		message: 'It is unknown whether a run was started and paid for',
		advice: `Runflow knows the request, but the node finds no run of it. Search the Runflow app for the client reference ${clientRef}. If there is a run, read it with 'Run' as 'Resource' and 'Get' as 'Operation'. If there is none, start a new execution: it starts a new run and pays for it.${asksAgain}`,
	};
}

const readRuns = "read the runs with 'Run' as 'Resource' and 'Get Many' as 'Operation'";

/**
 * The words for runs that can't be told apart or can't be listed, to be shown before a retry pays again.
 */
export function wordsForUnknownRuns({ because }: UnknownRunsError, place: Place): Words {
	const message = 'The node can not tell which runs are already paid for, so it started none';
	if (because === 'alike') {
		return {
			message,
			advice:
				"Several runs have the same prompt and the same 'Client Reference', and Runflow does not show which images were uploaded for which. Nothing was sent to Runflow for this item. Read the runs with 'Run' as 'Resource' and 'Get Many' as 'Operation'. Or start a new execution: it starts new runs and pays for them. A 'Client Reference' of its own for each item, or none, prevents this.",
		};
	}
	if (because === 'too new') {
		return {
			message,
			advice: `Runflow lists runs that it can not show yet, as they were started a moment ago. Nothing was sent to Runflow for this item. ${place === 'thrown' ? 'Retry this execution in a minute' : `In a minute, ${readRuns}`}.`,
		};
	}
	const reason = because === 'too many' ? 'there are too many runs' : `HTTP ${because}`;
	return {
		message,
		advice: `A retry looks for the runs that the execution before started, and Runflow did not list them all (${reason}). Nothing was sent to Runflow for this item. Check that the API key has the scope runs:read, then ${place === 'thrown' ? 'retry again' : readRuns}. Or start a new execution: it starts new runs and pays for them.`,
	};
}
