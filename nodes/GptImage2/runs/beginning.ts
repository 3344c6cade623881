import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

const radix = 36;
const tokenHashLength = 10;
const separator = '.';

/** What n8n copies from an execution into its retries, so that their runs can be told from all others. */
export interface Beginning {
	/** When the execution began, in milliseconds since 1970; null where n8n doesn't say. */
	establishedAt: number | null;
	/** A hash of the token in the execution's resume URL, as several executions may begin in one millisecond; null where there is none. */
	tokenHash: string | null;
}

const executionSchema = z.object({ resumeUrl: z.string().url() });

/** The beginning of the execution in which the node runs, or of the one that it retries. */
export function beginningOf(context: IExecuteFunctions): Beginning {
	const execution = executionSchema.safeParse(context.getWorkflowDataProxy(0).$execution);
	const resumeUrl = execution.success ? new URL(execution.data.resumeUrl) : null;
	const token = resumeUrl?.searchParams.get('signature') ?? null;
	return {
		establishedAt: context.getExecutionContext?.()?.establishedAt ?? null,
		tokenHash: token === null ? null : shortHashOf(token),
	};
}

const shortHashOf = (token: string) =>
	createHash('sha256').update(token).digest('hex').slice(0, tokenHashLength);

/** A beginning as it stands in a `client_ref`: base 36, a dot, the hash; empty where n8n doesn't say. */
export function writeBeginning({ establishedAt, tokenHash }: Beginning): string {
	if (establishedAt === null) return '';
	const parts = [establishedAt.toString(radix), ...(tokenHash === null ? [] : [tokenHash])];
	return parts.join(separator);
}

/** Reads what `writeBeginning` wrote. */
export function readBeginning(written: string): Beginning {
	const [establishedAt = '', tokenHash = null] = written.split(separator);
	if (establishedAt === '') return { establishedAt: null, tokenHash: null };
	return { establishedAt: Number.parseInt(establishedAt, radix), tokenHash };
}

/** Whether two beginnings are those of one execution and its retries; null where n8n didn't say. */
export function isSameBeginning(one: Beginning, other: Beginning): boolean | null {
	if (one.establishedAt === null || other.establishedAt === null) return null;
	const isSameToken =
		one.tokenHash === null || other.tokenHash === null || one.tokenHash === other.tokenHash;
	return one.establishedAt === other.establishedAt && isSameToken;
}
