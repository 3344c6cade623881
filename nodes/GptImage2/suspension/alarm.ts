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

/** What an alarm knows of the suspension that it watches over; moments in milliseconds since 1970. */
const alarmSchema = z.object({
	/** Kept out of what the editor shows: whoever knows it can wake the execution. */
	resumeUrl: z.string(),
	suspensionId: z.string(),
	startedAt: z.number(),
	deadline: z.number(),
});

type Alarm = z.infer<typeof alarmSchema>;

const alarmKey = 'alarm';

/** The alarms that are being started, by suspension, and the context of their sub-execution. */
const starting = new Map<string, { alarm: Alarm; context: IExecuteFunctions | null }>();

const firstRingAfterMs = 150_000;

/** How far apart the rings are: each twice as late as the one before. */
const betweenRings: AgePart = { part: 1, shortestMs: firstRingAfterMs, longestMs: 1_800_000 };

/** A ring that n8n doesn't answer is repeated so often, so far apart: n8n rings before it can be called. */
const callsPerRing = 6;
const betweenCallsMs = 10_000;

/** The last ring comes this long before the deadline, so that images can still replace the run ids. */
const beforeDeadlineMs = 15_000;

/**
 * When an alarm rings next: two and a half minutes after the suspension, then each time twice as late,
 * at most half an hour apart, and once more just before the deadline; null when that is past.
 */
export function nextRing({ deadline, startedAt }: Alarm, now: number): number | null {
	const last = deadline - beforeDeadlineMs;
	const next = Math.min(now + partOfAge(now - startedAt, betweenRings), last);
	return next > now ? next : null;
}

const startType = 'n8n-nodes-base.executeWorkflowTrigger';

/** Whether n8n has said that it has no node to start an alarm with, which stays so for as long as it runs. */
let lacksStart = false;

/** What starting an alarm came to. */
interface StartedAlarm {
	/** Whether it is there where it is needed: one whose deadline is too near to ring isn't. */
	isSet: boolean;
	/** The context of its sub-execution, which holds none of the data of the execution; null where there is none. */
	context: IExecuteFunctions | null;
}

/**
 * Starts the alarm of a suspension: a sub-execution that n8n saves, takes up after a restart, and that
 * calls the resume URL until nothing is left to wake. Resolves once it is saved.
 */
export async function startAlarm(context: IExecuteFunctions, alarm: Alarm): Promise<StartedAlarm> {
	if (nextRing(alarm, Date.now()) === null) return { isSet: true, context: null };
	// n8n shows every sub-execution that it can't start as running until it is restarted.
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
	// n8n notes a sub-execution that waits as one whose end resumes its parent, which this one never does.
	delete context.getExecuteData().metadata?.waitingChildExecutionIds;
	return { isSet: true, context: started.context };
}

/** The sub-workflow of an alarm: this node, which waits, rings, and follows itself. */
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
 * One ring of an alarm, in its sub-execution: calls the resume URL, except right after the suspension,
 * and puts the sub-execution to wait for the next ring. While this process watches the suspension itself,
 * only the last ring calls. Returns no items when nothing is left to wake, which ends it.
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

/** Whether it is an alarm whose resume URL is called. */
export function isAlarm(context: IWebhookFunctions): boolean {
	return context.getNode().parameters.resource === 'suspension';
}

/** Whether an alarm is only just started; it is then told what it has to know. */
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
