import { mayDeliver } from '../../../runflow/status';
import type { Batch, PlannedItem } from './batch';
import { isSameBeginning } from './beginning';
import { hasSameHash, readClientRef } from './clientRef';
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
 * because its prompt or the input changed. Where n8n doesn't say when that execution began, those of
 * all other executions count. None where nothing had to be looked for.
 */
export async function findAbandonedRuns(
	{ crashedRuns, ledger }: Batch,
	planned: PlannedItem[],
): Promise<AbandonedRuns> {
	const { beginning, executionId, nodeScope, runIndex } = ledger;
	const items = planned.map((item) => ({
		hash: hashOf(subjectOf(item)),
		runId: ledger.paymentOf(item.itemIndex).runId,
	}));
	const continued = new Set(items.map(({ runId }) => runId));
	const withoutRun = items.filter(({ runId }) => runId === null);
	const abandoned = (await crashedRuns.known()).filter(({ client_ref, id, status }) => {
		const origin = client_ref === null ? null : readClientRef(client_ref);
		if (origin === null || continued.has(id) || !mayDeliver(status)) return false;
		return (
			origin.nodeScope === nodeScope &&
			origin.executionId !== executionId &&
			origin.runIndex === runIndex &&
			(isSameBeginning(origin.beginning, beginning) ?? beginning.establishedAt === null) &&
			!withoutRun.some(({ hash }) => hasSameHash(origin, hash))
		);
	});
	return { runIds: abandoned.map(({ id }) => id), isCertain: beginning.establishedAt !== null };
}
