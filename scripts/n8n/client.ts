import { setTimeout as sleep } from 'node:timers/promises';

import { parse } from 'flatted';
import type {
	IDataObject,
	INode,
	IConnections,
	IPinData,
	IRunExecutionData,
	IWorkflowSettings,
} from 'n8n-workflow';

import { listExecutions } from './executions';
import { N8nSession } from './session';
import { isAtLeast, n8nVersion } from './version';

/** A workflow as exported from the editor. */
export interface ExportedWorkflow {
	name: string;
	description?: string;
	/** The ids of its tags, where it is saved. */
	tags?: string[];
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	pinData?: IPinData;
}

/** An execution with its data unpacked. */
export interface Execution {
	id: string;
	status: string;
	workflowId: string;
	workflowData: Pick<ExportedWorkflow, 'nodes'>;
	data: IRunExecutionData;
	startedAt: string;
	stoppedAt: string | null;
}

/** n8n 1 wants to be told that a new workflow isn't active. */
const isVersion1 = !isAtLeast(n8nVersion, '2.0');

/** Older releases activate a workflow by a change to it, and tell how a retry ended instead of its id. */
const hasNewerPaths = isAtLeast(n8nVersion, '1.123');

/** n8n 2.20 and older has activated a workflow when it answers, and has no status to ask for. */
const tellsPublication = isAtLeast(n8nVersion, '2.21');

const unfinished = new Set(['new', 'running', 'waiting', 'unknown']);

/** n8n's own REST API, as the editor uses it. */
export class N8nClient extends N8nSession {
	/** Presses the editor's Stop button. */
	async stop(executionId: string): Promise<void> {
		await this.send('POST', `/rest/executions/${executionId}/stop`, {});
	}

	/** Saves a Runflow credential and returns its id. */
	async createCredential(data: IDataObject, name = 'Runflow API'): Promise<string> {
		const { id } = await this.send<{ id: string }>('POST', '/rest/credentials', {
			name,
			type: 'runflowApi',
			data,
		});
		return id;
	}

	/** Saves a workflow with its Runflow nodes bound to the credential, and returns its id. */
	async createWorkflow(workflow: ExportedWorkflow, credentialId: string): Promise<string> {
		const nodes = workflow.nodes.map((node) =>
			node.type.startsWith('n8n-nodes-runflow.')
				? { ...node, credentials: { runflowApi: { id: credentialId, name: 'Runflow API' } } }
				: node,
		);
		const { id } = await this.send<{ id: string }>('POST', '/rest/workflows', {
			settings: {},
			...workflow,
			nodes,
			...(isVersion1 && { active: false }),
		});
		return id;
	}

	/** Saves a tag for workflows, and returns its id. */
	async createTag(name: string): Promise<string> {
		const { id } = await this.send<{ id: string }>('POST', '/rest/tags', { name });
		return id;
	}

	/** Starts a saved workflow manually from its trigger, as the editor's button does, and returns the execution's id. */
	async execute(workflowId: string, trigger: string): Promise<string> {
		const workflowData = await this.send('GET', `/rest/workflows/${workflowId}`);
		const { executionId } = await this.send<{ executionId: string }>(
			'POST',
			`/rest/workflows/${workflowId}/run`,
			{
				workflowData,
				triggerToStartFrom: { name: trigger },
			},
		);
		return executionId;
	}

	/** An execution as it is now. */
	async execution(id: string): Promise<Execution> {
		const { data, ...execution } = await this.send<Omit<Execution, 'data'> & { data: string }>(
			'GET',
			`/rest/executions/${id}`,
		);
		return { ...execution, data: parse(data) };
	}

	/** The status of an execution; 'unknown' where n8n can't read it at this moment, as 2.20 can't while it saves. */
	async statusOf(id: string): Promise<string> {
		const path = `/rest/executions/${id}`;
		return await this.send<{ status: string }>('GET', path).then(
			({ status }) => status,
			(error: Error) => {
				if (!error.message.startsWith(`GET ${path}: 500`)) throw error;
				return 'unknown';
			},
		);
	}

	/** Waits until an execution has finished, and returns it. Throws if that takes longer than `timeoutMs`. */
	async finished(id: string, timeoutMs = 120_000): Promise<Execution> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const status = await this.statusOf(id);
			if (!unfinished.has(status)) {
				const execution = await this.execution(id);
				// A callback may have resumed it meanwhile.
				if (!unfinished.has(execution.status)) return execution;
			}
			if (Date.now() > deadline) throw new Error(`execution ${id} is still ${status}`);
			await sleep(200);
		}
	}

	/** Starts a workflow manually and waits until it has finished. */
	async executeToEnd(
		workflowId: string,
		trigger = 'Start',
		timeoutMs = 120_000,
	): Promise<Execution> {
		return await this.finished(await this.execute(workflowId, trigger), timeoutMs);
	}

	/** Retries a failed execution as n8n's Retry does, and waits until the new execution has finished. */
	async retry(executionId: string): Promise<Execution> {
		const path = `/rest/executions/${executionId}/retry`;
		const answer = await this.send<{ id?: string } | string>('POST', path, { loadWorkflow: false });
		const [newest] = hasNewerPaths ? [] : await listExecutions(this, {});
		const id = typeof answer === 'object' ? answer.id : newest?.id;
		if (id === undefined)
			throw new Error(`retry of ${executionId} answered ${JSON.stringify(answer)}`);
		return await this.finished(id);
	}

	/** Activates a saved workflow and waits until n8n has published it. Throws with n8n's message if it can't. */
	async activate(workflowId: string): Promise<void> {
		const { versionId } = await this.send<{ versionId: string }>(
			'GET',
			`/rest/workflows/${workflowId}`,
		);
		if (!hasNewerPaths) {
			await this.send('PATCH', `/rest/workflows/${workflowId}`, { versionId, active: true });
			return;
		}
		await this.send('POST', `/rest/workflows/${workflowId}/activate`, { versionId });
		if (!tellsPublication) return;
		for (;;) {
			const { status, triggers } = await this.send<Publication>(
				'GET',
				`/rest/workflows/${workflowId}/publication-status`,
			);
			if (status === 'published') return;
			const failure = triggers.find(({ errorMessage }) => errorMessage !== null);
			if (failure) throw new Error(failure.errorMessage ?? '');
			await sleep(50);
		}
	}
}

interface Publication {
	status: string;
	triggers: Array<{ errorMessage: string | null }>;
}
