import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { unreachable } from '../../../runflow/reachable';
import type { RequestContext } from '../credential';

const proxySchema = z.object({ $execution: z.object({ resumeUrl: z.string() }) });

/**
 * The path after n8n's resume URL. It is the same for every node, because a late call that reaches another
 * node does no harm.
 */
export const resumePath = 'runflow';

/** The URL that wakes the suspended node of this execution: n8n's signed resume URL, with this package's path. */
export function resumeUrlOf(context: IExecuteFunctions): string {
	const { $execution } = proxySchema.parse({
		$execution: context.getWorkflowDataProxy(0).$execution,
	});
	return withPath($execution.resumeUrl);
}

/** The same URL as a callback URL; null if Runflow can't reach this n8n, so that no callback can come. */
export function reachableResumeUrl(context: IExecuteFunctions, apiBaseUrl: string): string | null {
	const url = resumeUrlOf(context);
	return unreachable(url, apiBaseUrl) === null ? url : null;
}

/** The same URL, for the execution that is being called; null if n8n doesn't say. */
export function resumeUrlOfCalled(context: IWebhookFunctions): string | null {
	const url = context.evaluateExpression('{{ $execution.resumeUrl }}');
	if (typeof url !== 'string' || !URL.canParse(url)) return null;
	return withPath(url);
}

/** Whether a URL wakes a suspended node of this package, on any n8n. */
export function isResumeUrl(url: string): boolean {
	return URL.canParse(url) && new URL(url).pathname.endsWith(`/${resumePath}`);
}

function withPath(resumeUrl: string): string {
	const url = new URL(resumeUrl);
	url.pathname = `${url.pathname.replace(/\/$/, '')}/${resumePath}`;
	return url.toString();
}

/**
 * What this package uses a resume URL for: to wake the execution, or only to ask whether it is still
 * suspended.
 */
const callSchema = z.object({
	purpose: z.enum(['probe', 'wake']),
	suspensionId: z.string(),
});

const callbackSchema = z.object({ run_id: z.string() });

/** Who calls: Runflow about a run, or this package about a suspension; anyone else names neither. */
interface Called {
	purpose: 'callback' | 'probe' | 'wake';
	runId: string | null;
	suspensionId: string | null;
}

/**
 * Reads what the caller of a resume URL says; a call that says nothing counts as one to wake the execution.
 */
export function readCall(context: IWebhookFunctions): Called {
	const body = context.getBodyData();
	const call = callSchema.safeParse(body);
	if (call.success) return { ...call.data, runId: null };
	const runId = callbackSchema.safeParse(body).data?.run_id ?? null;
	return { purpose: runId === null ? 'wake' : 'callback', runId, suspensionId: null };
}

const stateSchema = z.enum(['pending', 'resumed']);

/** Whether a suspension is still waiting. */
export type ResumeState = z.infer<typeof stateSchema>;

/** How a call ended. */
export interface ResumeAnswer {
	/** n8n's status; null if there was no answer. */
	httpStatus: number | null;
	/**
	 * Whether there is nothing left to wake: the URL is not valid, or its execution is gone or has finished.
	 */
	isOver: boolean;
	/** Whether the call reached the execution, or n8n said that it can't be called. */
	isClear: boolean;
}

const stateBodySchema = z.object({ state: stateSchema });

/**
 * What n8n itself answers when it refuses a call, as opposed to a proxy in front of it, or an n8n that is
 * still starting.
 */
const refusalSchema = z.union([
	z.object({ code: z.number(), message: z.string() }),
	z.object({ error: z.string() }),
]);

/**
 * n8n crashes on a call to an execution that has ended with a form, because it looks up the node to resume
 * before it checks that there is one.
 */
const endedSchema = z.object({ message: z.string().regex(/undefined \(reading 'node'\)/) });

/**
 * n8n crashes in a similar way on an execution that is running and not saved yet, because it looks up the
 * token that the URL is signed with.
 */
const unsavedSchema = z.object({
	message: z.string().regex(/undefined \(reading 'resumeToken'\)/),
});

const answerSchema = z.object({ statusCode: z.number(), body: z.unknown() });

/** Interprets the answer of a resume URL. */
export function readAnswer(httpStatus: number, body: unknown): ResumeAnswer {
	const state = stateBodySchema.safeParse(body).data?.state;
	const hasEnded = httpStatus === 500 && endedSchema.safeParse(body).success;
	const isInvalid = [401, 404, 409].includes(httpStatus) && refusalSchema.safeParse(body).success;
	const isUnsaved = httpStatus === 500 && unsavedSchema.safeParse(body).success;
	const isOver = state === 'resumed' || hasEnded || isInvalid;
	return { httpStatus, isOver, isClear: state !== undefined || isOver || isUnsaved };
}

const callTimeoutMs = 30_000;

/** Whether n8n itself, not a proxy in between, answered this process's last call; null before the first. */
let reachesItself: boolean | null = null;

/**
 * Whether this process can call n8n's resume URLs, as far as it has tried; SSRF protection or a missing
 * route may prevent it. Null if it hasn't tried yet.
 */
export function canReachItself(): boolean | null {
	return reachesItself;
}

/**
 * Finds out whether this process can call n8n's resume URLs, using that of a running execution. Never
 * throws.
 */
export async function probeItself(context: IExecuteFunctions): Promise<void> {
	await callResumeUrl(context, resumeUrlOf(context), { purpose: 'probe', suspensionId: '' });
}

/** Calls the resume URL of a suspended execution. Never throws. */
export async function callResumeUrl(
	context: RequestContext,
	url: string,
	call: z.infer<typeof callSchema>,
): Promise<ResumeAnswer> {
	const answer: unknown = await context.helpers
		.httpRequest({
			method: 'POST',
			url,
			body: call,
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: callTimeoutMs,
		})
		.catch(() => null);
	const received = answerSchema.safeParse(answer);
	const read = received.success
		? readAnswer(received.data.statusCode, received.data.body)
		: { httpStatus: null, isOver: false, isClear: false };
	reachesItself = read.isClear;
	return read;
}
