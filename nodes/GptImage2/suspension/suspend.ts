import { randomUUID } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { isTerminal } from '../../../runflow/status';
import { toSuspendedErrorRow } from '../errors/errorRow';
import type { Circumstances } from '../errors/nodeErrors';
import { withExtras } from '../output/extras';
import { addHints, addSuspensionHints, addTakenUpHint } from '../output/hints';
import { isTakenUp, toItems, type RunResult } from '../output/items';
import { outputSchema } from '../parameters/output';
import type { Batch } from '../runs/batch';
import { startAlarm } from './alarm';
import { failedRuns, readOnce } from './reading';
import { resumedItems } from './resume';
import { canReachItself, resumeUrlOf } from './resumeUrl';
import { saveSuspension, withErrorRows, type Suspension } from './suspension';
import { watch, type Watcher } from './watch';

/** An item that could not be started; for a node that continues on errors. */
interface FailedItem {
	itemIndex: number;
	error: unknown;
	/** What is known besides the error. */
	known?: Circumstances;
}

/** What the node started. */
interface Started {
	results: RunResult[];
	failed: FailedItem[];
	/** Fails the node because of runs that have failed since they were started. */
	fail: (failedRuns: string[]) => Promise<unknown>;
}

/**
 * Suspends the execution until all of the node's runs have ended, or continues at once if they already
 * have. Returns the node's output: the images or, while it is suspended, the runs, for callers that take
 * the suspension for the end of the execution. Throws as `fail` does.
 */
export async function suspend(
	batch: Batch,
	{ fail, failed, results: started }: Started,
): Promise<INodeExecutionData[]> {
	const { client, context } = batch;
	const suspension = suspensionOf(batch, started, failed);
	const open = started.filter(({ run }) => !isTerminal(run.status));
	const { pending, runs, unreadable } = await look(batch, open, suspension);
	if (pending.length + unreadable.length === 0) {
		const toFailFor = failedRuns(suspension, runs);
		if (toFailFor.length > 0) await fail(toFailFor);
		const { hints, items } = await resumedItems(context, client, suspension);
		addHints(context, hints);
		return items;
	}

	addTakenUpHint(context, started);
	const url = resumeUrlOf(context);
	const { deadline, id: suspensionId, startedAt } = suspension;
	const calling = runsCalling(batch, url);
	suspension.expectsCallbacks = open.every(({ run }) => calling.has(run.id));
	const isReachable = calling.size > 0 || open.every(isTakenUp);
	const alarm = await startAlarm(context, { resumeUrl: url, suspensionId, startedAt, deadline });
	addSuspensionHints(context, {
		hasAlarm: alarm.isSet,
		isReachable,
		reachesItself: canReachItself(),
	});

	saveSuspension(context, suspension);
	// At the deadline n8n outputs the node's input. The items themselves belong to the previous node.
	const late = withErrorRows(handlesOf(started, true), suspension);
	context.getExecuteData().data.main = [withExtras(context, late)];
	await context.putExecutionToWait(new Date(deadline));
	void watch(watcherOf(batch, alarm.context), { suspension, url });
	// Without error rows, because one would make n8n try the node again (Retry On Fail).
	return handlesOf(started, false).flatMap(({ rows }) => rows);
}

/**
 * The watcher uses the alarm's context if there is one, because the context of this execution holds
 * everything that ran before.
 */
function watcherOf({ client, clientIn, context }: Batch, alarm: IExecuteFunctions | null): Watcher {
	if (alarm === null) return { client, context, alarmUrl: null };
	return { client: clientIn(alarm), context: alarm, alarmUrl: resumeUrlOf(alarm) };
}

function handlesOf(started: RunResult[], timedOut: boolean) {
	return started.map((result) => ({
		itemIndex: result.itemIndex,
		rows: toItems({ ...result, images: [], timedOut }),
	}));
}

function suspensionOf(
	{ context, execution, ledger, options, requests }: Batch,
	started: RunResult[],
	failed: FailedItem[],
): Suspension {
	const startedAt = Date.now();
	const entries = requests.flatMap((request) => ledger.runOf(request) ?? []);
	const entryOf = new Map(entries.map((entry) => [entry.runId, entry]));
	return {
		id: randomUUID(),
		startedAt,
		deadline: startedAt + options.timeoutSeconds * 1000,
		firstCreatedAt: firstCreation(started),
		expectsCallbacks: false,
		executionId: context.getExecutionId(),
		scope: execution.scope,
		runIndex: execution.runIndex,
		continuesOnError: context.continueOnFail(),
		runs: started.map(({ channel, run, itemIndex, output, source }) => ({
			itemIndex,
			runId: run.id,
			output: outputSchema.parse(output),
			channel,
			source,
			hash: entryOf.get(run.id)?.hash,
			createdAt: entryOf.get(run.id)?.createdAt,
		})),
		errorRows: failed.map(({ itemIndex, error, known }) => ({
			itemIndex,
			json: toSuspendedErrorRow(context.getNode(), error, itemIndex, known).json,
		})),
	};
}

/**
 * When the first of these runs was created, in milliseconds since 1970 by the API's clock; 0 if the API
 * doesn't say.
 */
function firstCreation(results: RunResult[]): number {
	return results.reduce((first, { run }) => Math.min(first, run.createdAt ?? 0), Date.now());
}

/**
 * Quickly reads the runs that were pending, each only once, because the execution is held up in the
 * meantime.
 */
async function look({ client }: Batch, open: RunResult[], { id, startedAt }: Suspension) {
	const runs = open.map(({ run }) => ({ runId: run.id }));
	const toRead = { id, startedAt, firstCreatedAt: firstCreation(open), runs };
	return await readOnce(client.once, toRead, 'status');
}

/** The ids of the runs whose callbacks go to this URL. */
function runsCalling({ ledger, requests }: Batch, url: string): Set<string> {
	const entries = requests.flatMap((request) => ledger.runOf(request) ?? []);
	return new Set(entries.filter((entry) => entry.callbackUrl === url).map(({ runId }) => runId));
}
