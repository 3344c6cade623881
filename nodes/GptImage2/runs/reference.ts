import { createHash, randomUUID } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { isTool } from '../parameters/node';
import type { Identity } from './request';

const instanceLength = 12;
const tokenLength = 10;
const radix = 36;
const separator = '.';

/**
 * What n8n copies from an execution to its retries, so that their runs can be told apart from all others.
 */
export interface Beginning {
	/** When the execution began, in milliseconds since 1970; null if n8n doesn't say. */
	establishedAt: number | null;
	/**
	 * A hash of the token in the execution's resume URL, because several executions may begin in the same
	 * millisecond; null if there is none.
	 */
	tokenHash: string | null;
}

/** A node while it runs in an execution: what the references of all its runs have in common. */
export interface NodeExecution {
	/** A part that is unique to this n8n, the workflow, and the node. */
	scope: string;
	nodeId: string;
	executionId: string;
	/**
	 * The same, if the user's own references contain it, so that those of a retry differ; null if they don't.
	 */
	idInOwnReferences: string | null;
	/** What identifies the runs of an execution and of its retries. */
	beginning: Beginning;
	/** How often the node has run before in its execution, for example in a loop. */
	runIndex: number;
	/** Whether n8n is retrying an execution. */
	isRetry: boolean;
	/** Whether a model calls the node, so that its calls are told apart by their input. */
	isTool: boolean;
}

const executionSchema = z.object({ resumeUrl: z.string().url() });

/** The node that runs in `context`. */
export function nodeExecutionOf(context: IExecuteFunctions): NodeExecution {
	const { $execution, $runIndex } = context.getWorkflowDataProxy(0);
	const execution = executionSchema.safeParse($execution);
	const resumeUrl = execution.success ? new URL(execution.data.resumeUrl) : null;
	const token = resumeUrl?.searchParams.get('signature') ?? null;
	// A call through an MCP Server Trigger has no execution id, though the type says so.
	const executionId: string | undefined = context.getExecutionId();
	const { id: workflowId = 'unsaved' } = context.getWorkflow();
	const instance = shortHash(context.getInstanceId(), instanceLength);
	const { id: nodeId, parameters } = context.getNode();
	const id = executionId ?? randomUUID();
	return {
		scope: [instance, workflowId, nodeId].join(':'),
		nodeId,
		executionId: id,
		idInOwnReferences: JSON.stringify(parameters.options ?? '').includes('$execution') ? id : null,
		beginning: {
			establishedAt: context.getExecutionContext?.()?.establishedAt ?? null,
			tokenHash: token === null ? null : shortHash(token, tokenLength),
		},
		runIndex: z.number().catch(0).parse($runIndex),
		isRetry: context.getMode() === 'retry',
		isTool: isTool(context),
	};
}

function shortHash(text: string, length: number): string {
	return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** What a reference says about its run: the request, and which attempt at it in which execution. */
export type Reference = Omit<NodeExecution, 'idInOwnReferences' | 'isRetry' | 'isTool' | 'nodeId'> &
	Identity & { requestNumber: number; attempt: number };

/** Returns the `client_ref` by which the node finds a run again, at most 255 characters long (BATCH-C). */
export function writeReference(reference: Reference): string {
	const { attempt, beginning, executionId, requestNumber, runIndex, scope } = reference;
	const { hash, sourceHash } = reference;
	const request = sourceHash === '' ? hash : [hash, sourceHash].join(separator);
	const began = writeBeginning(beginning);
	const place = [runIndex, requestNumber, attempt].join(separator);
	const requestAndBeginning = began === '' ? request : `${request}@${began}`;
	return ['n8n', scope, requestAndBeginning, executionId, place].join(':');
}

/** Reads a `client_ref` that a node made; returns null for any other. */
export function readReference(clientRef: string | null): Reference | null {
	const [tag, ...parts] = clientRef?.split(':') ?? [];
	const [requestAndBeginning = '', executionId = '', place = ''] = parts.slice(-3);
	const numbers = /^(\d+)\.(\d+)\.(\d+)$/.exec(place);
	if (tag !== 'n8n' || parts.length < 6 || numbers === null) return null;
	const [runIndex = 0, requestNumber = 0, attempt = 0] = numbers.slice(1).map(Number);
	const [request = '', began = ''] = requestAndBeginning.split('@');
	const [hash = '', sourceHash = ''] = request.split(separator);
	return {
		scope: parts.slice(0, -3).join(':'),
		hash,
		sourceHash,
		executionId,
		beginning: readBeginning(began),
		runIndex,
		requestNumber,
		attempt,
	};
}

/** A beginning as part of a reference: base 36, a dot, the hash of the token; empty if n8n doesn't say. */
function writeBeginning({ establishedAt, tokenHash }: Beginning): string {
	if (establishedAt === null) return '';
	const parts = [establishedAt.toString(radix), ...(tokenHash === null ? [] : [tokenHash])];
	return parts.join(separator);
}

function readBeginning(written: string): Beginning {
	const [establishedAt = '', tokenHash = null] = written.split(separator);
	if (establishedAt === '') return { establishedAt: null, tokenHash: null };
	return { establishedAt: Number.parseInt(establishedAt, radix), tokenHash };
}

/** The part of a scope that is unique to this n8n. */
export function instanceOf(scope: string): string {
	return scope.slice(0, instanceLength);
}
