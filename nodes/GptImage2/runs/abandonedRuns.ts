import { mayDeliver } from '../../../runflow/status';
import type { Batch, PlannedItem } from './batch';
import { isSamePurpose, readOrigin } from './clientRef';
import { hashOf } from './ledger';
import { subjectOf } from './subject';

/** Runs of a crashed execution that its retry doesn't continue. */
export interface AbandonedRuns {
	runIds: string[];
	/** Whether they are known to be of the crashed execution, not of another that ran since. */
	isCertain: boolean;
}

/**
 * The runs that this node started since the retried execution began, and that no item asks for any more,
 * because its prompt or the input changed. An execution is known to be the crashed one by a run that was
 * taken up; else those of all other executions count. None where nothing had to be looked for.
 */
export async function findAbandonedRuns(
	{ crashedRuns, ledger }: Batch,
	planned: PlannedItem[],
): Promise<AbandonedRuns> {
	const { executionId, nodeScope, runIndex } = ledger;
	const purposes = planned.map((item) => ({
		itemIndex: item.itemIndex,
		requestHash: hashOf(subjectOf(item)),
		runIndex,
	}));
	const entries = planned.flatMap(({ itemIndex }) => ledger.find(itemIndex) ?? []);
	const takenUp = new Set(entries.map(({ runId }) => runId));
	const reused = new Set(entries.flatMap((entry) => (entry.reused ? entry.runId : [])));
	const others = (await crashedRuns.known()).flatMap(({ client_ref, id, status }) => {
		const origin = client_ref === null ? null : readOrigin(client_ref, nodeScope);
		if (client_ref === null || origin === null || origin.executionId === executionId) return [];
		if (origin.runIndex !== runIndex || !mayDeliver(status) || reused.has(id)) return [];
		const isAskedFor = purposes.some((purpose) => isSamePurpose(client_ref, nodeScope, purpose));
		return [{ id, isAskedFor, execution: origin.executionId, isTakenUp: takenUp.has(id) }];
	});
	const crashed = new Set(
		others.filter(({ isTakenUp }) => isTakenUp).map(({ execution }) => execution),
	);
	const isCertain = crashed.size > 0;
	const abandoned = others.filter(
		({ execution, isAskedFor, isTakenUp }) =>
			!isAskedFor && !isTakenUp && (!isCertain || crashed.has(execution)),
	);
	return { runIds: abandoned.map(({ id }) => id), isCertain };
}
