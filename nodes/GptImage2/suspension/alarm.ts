import {
	sleep,
	type IExecuteFunctions,
	type INodeExecutionData,
	type IWebhookFunctions,
	type IWorkflowBase,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { partOfAge, type AgePart } from '../../../runflow/pace';
import { liveSuspensions } from './live';
import { callResumeUrl, type ResumeAnswer } from './resumeUrl';

/**
 * What an alarm knows about the suspension that it watches over; moments are in milliseconds since 1970.
 */
const alarmSchema = z.object({
	/** Kept out of what the editor shows, because anyone who knows it can wake the execution. */
	resumeUrl: z.string(),
	suspensionId: z.string(),
	startedAt: z.number(),
	deadline: z.number(),
});

type Alarm = z.infer<typeof alarmSchema>;

const alarmKey = 'alarm';

/** The alarms that are being started, by suspension, and the contexts of their sub-executions. */
const starting = new Map<string, { alarm: Alarm; context: IExecuteFunctions | null }>();

const firstRingAfterMs = 150_000;

/** The gaps between rings: each is twice as long as the one before. */
const betweenRings: AgePart = { part: 1, shortestMs: firstRingAfterMs, longestMs: 1_800_000 };

/**
 * How often, and how far apart, an unanswered ring is repeated; n8n fires due alarms before its webhooks
 * accept calls.
 */
const callsPerRing = 6;
const betweenCallsMs = 10_000;

/** How long before the deadline the last ring comes, so that images can still replace the run ids. */
const beforeDeadlineMs = 15_000;

/**
 * When an alarm rings next: two and a half minutes after the suspension, then at gaps that double each
 * time, up to half an hour, and once more just before the deadline; null once that has passed.
 */
export function nextRing({ deadline, startedAt }: Alarm, now: number): number | null {
	const last = deadline - beforeDeadlineMs;
	const next = Math.min(now + partOfAge(now - startedAt, betweenRings), last);
	return next > now ? next : null;
}

const startType = 'n8n-nodes-base.executeWorkflowTrigger';

/**
 * Whether n8n has said that it lacks the node that starts an alarm. This stays true for as long as n8n
 * runs.
 */
let lacksStart = false;

/** The outcome of starting an alarm. */
interface StartedAlarm {
	/** Whether there is an alarm wherever one is needed; if the deadline is too near for a ring, none is. */
	isSet: boolean;
	/** The context of its sub-execution, which holds none of the execution's data; null if there is none. */
	context: IExecuteFunctions | null;
}

/**
 * Starts the alarm of a suspension: a sub-execution that n8n saves and resumes after a restart, and that
 * calls the resume URL until nothing is left to wake. Resolves once it is saved.
 */
export async function startAlarm(context: IExecuteFunctions, alarm: Alarm): Promise<StartedAlarm> {
	if (nextRing(alarm, Date.now()) === null) return { isSet: true, context: null };
	// n8n shows every sub-execution that it can't start as running, until n8n is restarted.
	if (lacksStart) return { isSet: false, context: null };
	const { suspensionId } = alarm;
	const code = alarmWorkflow(context);
	const executionId = context.getExecutionId();
	const parentExecution = { executionId, workflowId: code.id, shouldResume: false };
	const options = { parentExecution, executionMode: context.getMode() };
	const started: { alarm: Alarm; context: IExecuteFunctions | null } = { alarm, context: null };
	starting.set(suspensionId, started);
	try {
		const json = { suspension: suspensionId, execution: executionId };
		await context.executeWorkflow({ code }, [{ json }], undefined, options);
	} catch (error) {
		lacksStart = error instanceof Error && error.message.endsWith(`node type: ${startType}`);
		return { isSet: false, context: null };
	} finally {
		starting.delete(suspensionId);
	}
	// n8n records a waiting sub-execution as one whose end resumes its parent; this one never does.
	delete context.getExecuteData().metadata?.waitingChildExecutionIds;
	return { isSet: true, context: started.context };
}

/** The sub-workflow of an alarm: this node, which waits and rings, connected to itself. */
function alarmWorkflow(context: IExecuteFunctions): IWorkflowBase {
	const { credentials, type, typeVersion } = context.getNode();
	const { id = '', name: workflow } = context.getWorkflow();
	const start = 'Suspended';
	const ring = `Wakes ${workflow || 'the workflow'} when Runflow's callback got lost`;
	const toRing = { main: [[{ node: ring, type: 'main' as const, index: 0 }]] };
	const now = new Date();
	return {
		id,
		name: ring,
		active: false,
		isArchived: false,
		createdAt: now,
		updatedAt: now,
		activeVersionId: null,
		nodes: [
			{
				id: 'start',
				name: start,
				type: startType,
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: 'ring',
				name: ring,
				type,
				typeVersion,
				position: [200, 0],
				parameters: { resource: 'suspension', operation: 'watch' },
				credentials,
			},
		],
		connections: { [start]: toRing, [ring]: toRing },
		settings: {
			executionOrder: 'v1',
			saveDataSuccessExecution: 'none',
			saveDataErrorExecution: 'none',
			saveManualExecutions: false,
		},
	};
}

/**
 * One ring of an alarm, in its sub-execution: calls the resume URL, except right after the suspension, and
 * suspends the sub-execution until the next ring. While this process watches the suspension itself, only
 * the last ring calls. Returns no items when nothing is left to wake, which ends the alarm.
 */
export async function ring(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const [item] = context.getInputData();
	const isFirst = begin(context, item);
	const alarm = alarmSchema.safeParse(context.getContext('node')[alarmKey]);
	if (!item || !alarm.success) return [];
	let next = nextRing(alarm.data, Date.now());
	const isLookedAfter = next !== null && liveSuspensions.isWatched(alarm.data.suspensionId);
	if (!isFirst && !isLookedAfter) {
		const { isClear, isOver } = await callUntilClear(context, alarm.data);
		if (isOver) return [];
		if (!isClear) next = nextRing({ ...alarm.data, startedAt: Date.now() }, Date.now());
	}
	if (next === null) return [];
	await context.putExecutionToWait(new Date(next));
	return [item];
}

/** Whether the call is to the resume URL of an alarm. */
export function isAlarm(context: IWebhookFunctions): boolean {
	return context.getNode().parameters.resource === 'suspension';
}

/** Whether an alarm has only just been started; it is then given the data it needs. */
function begin(context: IExecuteFunctions, item: INodeExecutionData | undefined): boolean {
	const started = starting.get(String(item?.json.suspension));
	if (started === undefined) return false;
	started.context = context;
	context.getContext('node')[alarmKey] = started.alarm;
	return true;
}

async function callUntilClear(
	context: IExecuteFunctions,
	{ resumeUrl, suspensionId }: Alarm,
): Promise<ResumeAnswer> {
	for (let calls = 1; ; calls++) {
		const answer = await callResumeUrl(context, resumeUrl, { purpose: 'wake', suspensionId });
		if (answer.isClear || calls === callsPerRing) return answer;
		await sleep(betweenCallsMs);
	}
}
