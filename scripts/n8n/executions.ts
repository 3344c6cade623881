import type { N8nSession } from './session';

/** One line of n8n's list of executions. */
export interface ListedExecution {
	id: string;
	/** What started it: 'webhook', 'manual', 'integrated' for a sub-execution, and so on. */
	mode: string;
	status: string;
}

const allStatuses = [
	'new',
	'running',
	'waiting',
	'unknown',
	'success',
	'error',
	'canceled',
	'crashed',
] as const;

/** Which executions: of one workflow or of all, in some of the statuses or in any. */
export interface ExecutionFilter {
	workflowId?: string;
	statuses?: ReadonlyArray<(typeof allStatuses)[number]>;
}

/**
 * Returns the newest executions, newest first, at most 100. It always names statuses: without them n8n
 * looks for current and for ended executions at the same time, and an execution that ends meanwhile is
 * listed twice or not at all.
 */
export async function listExecutions(
	client: N8nSession,
	{ workflowId, statuses = allStatuses }: ExecutionFilter,
): Promise<ListedExecution[]> {
	const filter = encodeURIComponent(JSON.stringify({ workflowId, status: statuses }));
	const { results } = await client.send<{ results: ListedExecution[] }>(
		'GET',
		`/rest/executions?filter=${filter}&limit=100`,
	);
	return results;
}
