import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { KnownRun, Ledger } from './ledger';

const contextKey = 'runflowRuns';

/** The very object that is stored, because all nodes of an execution share it. */
const ownersSchema = z.custom<Record<string, unknown>>(
	(owners) => typeof owners === 'object' && owners !== null,
);

/**
 * Which earlier run went to which item, kept for the whole execution, so that no two items are given the
 * same picture: not of one node, not in another round of a loop, not of another node.
 */
export class Claims {
	private constructor(
		private readonly owners: Record<string, unknown>,
		private readonly ledger: Ledger,
		private readonly nodeId: string,
	) {}

	/** The claims of the execution in which the node runs. */
	static of(context: IExecuteFunctions, ledger: Ledger): Claims {
		const stored = context.getContext('flow');
		const known = ownersSchema.safeParse(stored[contextKey]);
		const owners = known.success ? known.data : {};
		stored[contextKey] = owners;
		return new Claims(owners, ledger, context.getNode().id);
	}

	/** Whether a run is known to belong to another item than this one. */
	isOfAnother(itemIndex: number, run: KnownRun): boolean {
		const owner = this.owners[run.id];
		const isFree = owner === undefined || owner === this.placeOf(itemIndex);
		return !isFree || this.ledger.isOfAnother(itemIndex, run);
	}

	/** Gives a run to an item. */
	claim(itemIndex: number, runId: string): void {
		this.owners[runId] = this.placeOf(itemIndex);
	}

	private placeOf(itemIndex: number): string {
		return `${this.nodeId}:${this.ledger.runIndex}.${itemIndex}`;
	}
}
