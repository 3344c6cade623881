import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { Run } from '../../../runflow/run';
import type { NodeExecution } from './reference';
import type { Request } from './request';

/** What identifies the run of an item. */
export type NamedRun = Pick<Run, 'client_ref' | 'id'>;

/** What an item may do with the runs of its execution. */
export interface Claim {
	/** Whether a run is known to belong to another item. */
	isTaken(run: NamedRun): boolean;
	/** Claims a run unless another item has it; returns whether it succeeded. */
	take(run: NamedRun): boolean;
}

const ownersKey = 'runflowRuns';

/** The stored object itself, not a copy, because all nodes of an execution share it. */
const storedOwnersSchema = z.custom<Record<string, unknown>>(
	(owners) => typeof owners === 'object' && owners !== null,
);

/** The owners of each execution, by the object that stores them. */
const opened = new WeakMap<object, Owners>();

/**
 * The place of a request in its node: the round, as in a loop, and the item. For calls of a tool it is what
 * they ask for, because a model calls again.
 */
export function placeOf(
	{ isTool, runIndex }: NodeExecution,
	{ hash, requestNumber }: Pick<Request, 'hash' | 'requestNumber'>,
): string {
	return isTool ? hash : `${runIndex}.${requestNumber}`;
}

/** The owner of the run at a place in the node. */
export function ownerOf({ nodeId }: NodeExecution, place: string): string {
	return `${nodeId}:${place}`;
}

/**
 * Records which item of the execution has which run, so that no two items get the same picture, whether in
 * the same node, in another round of a loop, or in another node. A run whose create got no clear answer has
 * no known id, so it is identified by the reference that the node made for it.
 */
export class Owners {
	private readonly byReference = new Map<string, string>();

	private constructor(private readonly byRun: Record<string, unknown>) {}

	/** The owners of the execution that the node runs in. */
	static of(context: IExecuteFunctions): Owners {
		const flowContext = context.getContext('flow');
		const known = storedOwnersSchema.safeParse(flowContext[ownersKey]);
		const stored = known.success ? known.data : {};
		flowContext[ownersKey] = stored;
		const owners = opened.get(stored) ?? new Owners(stored);
		opened.set(stored, owners);
		return owners;
	}

	/** What the item of a request may do with runs. */
	claimOf(execution: NodeExecution, request: Pick<Request, 'hash' | 'requestNumber'>): Claim {
		const owner = ownerOf(execution, placeOf(execution, request));
		const isTaken = ({ client_ref, id }: NamedRun) => {
			const isKnown = Object.hasOwn(this.byRun, id);
			const known = isKnown ? this.byRun[id] : this.byReference.get(client_ref ?? '');
			return known !== undefined && known !== owner;
		};
		const take = (run: NamedRun) => {
			if (isTaken(run)) return false;
			this.give(owner, run.id);
			return true;
		};
		return { isTaken, take };
	}

	/** Records that an item has a run. */
	give(owner: string, runId: string): void {
		this.byRun[runId] = owner;
	}

	/** Records that the item gave up on its run, so that another may have it. */
	release(runId: string): void {
		delete this.byRun[runId];
	}

	/** Records that a create with this reference, which is unique, was sent for an item. */
	expect(owner: string, reference: string): void {
		this.byReference.set(reference, owner);
	}

	/** Records that the outcome of the create with this reference is known. */
	expectNoMore(reference: string): void {
		this.byReference.delete(reference);
	}
}
