import {
	sleep,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import type { RunflowClient } from '../../../runflow/client';
import { settle } from '../../../runflow/settle';
import { isTerminal } from '../../../runflow/status';
import { resumeUrlOf } from './callbackUrl';
import { toErrorRow } from '../errors/nodeErrors';
import { toItems, type RunForItems } from '../output/items';
import type { Ledger } from '../runs/ledger';
import { outputOptionsSchema, type NodeOptions } from '../parameters/image';
import { resumedItems } from './resume';
import { waitForEnd } from '../waitForEnd';

/** What the node keeps in its context while the execution is suspended. */
export const suspensionSchema = z.object({
	id: z.string(),
	runs: z.array(
		z.object({ itemIndex: z.number(), runId: z.string(), output: outputOptionsSchema }),
	),
	errorRows: z.array(
		z.object({
			itemIndex: z.number(),
			json: z.custom<IDataObject>((json) => typeof json === 'object' && json !== null),
		}),
	),
});

export type Suspension = z.infer<typeof suspensionSchema>;

const contextKey = 'suspension';

/** What suspending needs of the node's run. */
export interface Suspending {
	client: RunflowClient;
	ledger: Ledger;
	options: Pick<NodeOptions, 'pollInterval' | 'timeout'>;
	/** The runs of the node, ended or not. */
	started: RunForItems[];
	/** The items that could not be started, where the node goes on after errors. */
	failed: Array<{ itemIndex: number; error: unknown }>;
}

/**
 * Puts the execution to sleep until all of the node's runs have ended, or goes on at once when they have. Gives
 * the node's output: the images, or what n8n emits should the deadline pass.
 */
export async function suspend(
	context: IExecuteFunctions,
	suspending: Suspending,
): Promise<INodeExecutionData[]> {
	const { client, options, started, failed } = suspending;
	const suspension: Suspension = {
		id: randomUUID(),
		runs: started.map(({ run, itemIndex, output }) => ({
			itemIndex,
			runId: run.id,
			output: outputOptionsSchema.parse(output),
		})),
		errorRows: failed.map(({ itemIndex, error }) => ({
			itemIndex,
			json: toErrorRow(context.getNode(), error, itemIndex).json,
		})),
	};
	const pending = await stillPending(client, started);
	if (pending.length === 0) return await resumedItems(context, client, suspension);

	context.getContext('node')[contextKey] = suspension;
	emitAtDeadline(context, started, suspension);
	await context.putExecutionToWait(new Date(Date.now() + options.timeout * 1000));
	void wakeWhenCallbacksCanNot(context, suspending, pending);
	return context.getInputData();
}

/** What a suspended execution remembers, read from the node's context as an expression gives it; null for anything else. */
export function readSuspension(nodeContext: unknown): Suspension | null {
	const stored = z.object({ [contextKey]: suspensionSchema }).safeParse(nodeContext);
	return stored.success ? stored.data[contextKey] : null;
}

/** A quick look at what the create didn't answer as ended: the last one first, and no further than needed. */
async function stillPending(client: RunflowClient, started: RunForItems[]): Promise<RunForItems[]> {
	const open = started.filter(({ run }) => !isTerminal(run.status));
	for (const [position, { run }] of [...open.entries()].reverse()) {
		const look = await settle(async () => await client.getRun(run.id));
		if (!look.ok || !isTerminal(look.value.status)) return open.slice(0, position + 1);
	}
	return [];
}

/** At the deadline n8n emits the items that the node was given, so they are made into the handles of its runs. */
function emitAtDeadline(
	context: IExecuteFunctions,
	started: RunForItems[],
	{ errorRows }: Suspension,
): void {
	const input = context.getInputData();
	const rows = [
		...started.flatMap((run) =>
			toItems({ ...run, images: [], timedOut: true }).map(({ json }) => ({
				itemIndex: run.itemIndex,
				json,
			})),
		),
		...errorRows,
	];
	for (const { itemIndex, json } of rows) {
		const item = input[itemIndex];
		if (!item) continue;
		item.json = json;
		delete item.binary;
	}
}

const firstWakeUp = 1_000;
const wakeUps = 6;
const callTimeout = 30_000;
const tooEarly = 409;

/**
 * Wakes the execution where a callback can't. n8n answers 409 to callbacks that arrive before it has
 * saved the execution, and Runflow doesn't repeat those (SEED); so the node calls its own resume URL
 * until n8n takes it. Runs that were started for another execution call that one, so they are polled here.
 * Never throws: nobody waits for it.
 */
async function wakeWhenCallbacksCanNot(
	context: IExecuteFunctions,
	{ client, ledger, options }: Suspending,
	pending: RunForItems[],
): Promise<void> {
	const url = resumeUrlOf(context);
	for (let tries = 0; tries < wakeUps; tries++) {
		await sleep(firstWakeUp * 2 ** tries);
		if ((await wakeUp(context, url)) !== tooEarly) break;
	}
	const elsewhere = pending.filter(({ itemIndex }) => ledger.find(itemIndex)?.callbackUrl !== url);
	const { pollInterval, timeout } = options;
	for (const { run } of elsewhere) {
		await settle(async () => await waitForEnd(client, run, { pollInterval, timeout }));
	}
	if (elsewhere.length > 0) await wakeUp(context, url);
}

/** Calls the resume URL and gives the status of the answer, null when there was none. */
async function wakeUp(context: IExecuteFunctions, url: string): Promise<number | null> {
	const call = await settle(
		async () =>
			await context.helpers.httpRequest({
				method: 'POST',
				url,
				body: { wakeUp: true },
				json: true,
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				timeout: callTimeout,
			}),
	);
	const answer = z.object({ statusCode: z.number() }).safeParse(call.ok ? call.value : null);
	return answer.success ? answer.data.statusCode : null;
}
