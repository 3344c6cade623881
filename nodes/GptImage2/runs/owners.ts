import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { Run } from '../../../runflow/run';
import type { NodeExecution } from './reference';

/** By what the run of an item is known. */
export type NamedRun = Pick<Run, 'client_ref' | 'id'>;

const ownersKey = 'runflowRuns';

/** The very object that is stored, because all nodes of an execution share it. */
const storedOwnersSchema = z.custom<Record<string, unknown>>(
	(owners) => typeof owners === 'object' && owners !== null,
);

/** The owners of each execution, by what it stores of them. */
const opened = new WeakMap<object, Owners>();

/** The item that owns a run: its node, and its place in it. */
export function ownerAt({ nodeId, runIndex }: NodeExecution, itemIndex: number): string {
	return `${nodeId}:${runIndex}.${itemIndex}`;
}

/**
 * Which item of the execution has which run, so that no two items are given the same picture: not of one
 * node, not in another round of a loop, not of another node. A run without a known id, whose create got no
 * clear answer, is known by the reference that the node made for it.
 */
export class Owners {
	private readonly byReference = new Map<string, string>();

	private constructor(private readonly byRun: Record<string, unknown>) {}

	/** The owners of the execution in which the node runs. */
	static of(context: IExecuteFunctions): Owners {
		const flowContext = context.getContext('flow');
		const known = storedOwnersSchema.safeParse(flowContext[ownersKey]);
		const stored = known.success ? known.data : {};
		flowContext[ownersKey] = stored;
		const owners = opened.get(stored) ?? new Owners(stored);
		opened.set(stored, owners);
		return owners;
	}

	/** Whether a run is known to belong to another item than this one. */
	isOfAnother(owner: string, { client_ref, id }: NamedRun): boolean {
		const known = Object.hasOwn(this.byRun, id)
			? this.byRun[id]
			: this.byReference.get(client_ref ?? '');
		return known !== undefined && known !== owner;
	}

	/** Gives a run to an item, if no other has it; returns whether it did. */
	take(owner: string, run: NamedRun): boolean {
		if (this.isOfAnother(owner, run)) return false;
		this.give(owner, run.id);
		return true;
	}

	/** Notes that an item has a run. */
	give(owner: string, runId: string): void {
		this.byRun[runId] = owner;
	}

	/** Notes that a create with this reference, which nothing else has, was sent for an item. */
	expect(owner: string, reference: string): void {
		this.byReference.set(reference, owner);
	}

	/** Notes that what a create with this reference led to is known. */
	expectNoMore(reference: string): void {
		this.byReference.delete(reference);
	}
}
