import '../harness';

import { ExecuteContext } from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type INode,
	type INodeTypes,
	type IRunExecutionData,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { GptImage2 } from '../../../nodes/GptImage2/GptImage2.node';

const node: INode = {
	id: '5a7c1b1e-6a1f-4d9c-9c3e-1f0a5f1a0002',
	name: 'GPT Image 2',
	type: 'n8n-nodes-runflow.gptImage2',
	typeVersion: 1.1,
	position: [0, 0],
	parameters: {},
};

const type = new GptImage2();
const nodeTypes: INodeTypes = {
	getByName: () => type,
	getByNameAndVersion: () => type,
	getKnownTypes: () => ({}),
};
const workflowWith = (id: string) =>
	new Workflow({ id, nodes: [node], connections: {}, active: false, nodeTypes });

/** When the executions of a property began, which n8n copies into their retries. */
const establishedAt = Date.now();

/** The state of a new execution. */
export function newExecution(): IRunExecutionData {
	return createRunExecutionData({
		executionData: { runtimeData: { version: 1, establishedAt, source: 'manual' } },
	});
}

/** An execution's state as it comes back from n8n's database. */
export function saved(state: IRunExecutionData): IRunExecutionData {
	return JSON.parse(JSON.stringify(state)) as IRunExecutionData;
}

/** n8n's own context for the node in an execution. */
export function contextOf(
	state: IRunExecutionData,
	{
		executionId = '231',
		mode = 'manual',
		runIndex = 0,
		workflowId = 'wf1',
	}: {
		executionId?: string;
		mode?: WorkflowExecuteMode;
		runIndex?: number;
		/** The node remembers for a day what it paid for in a workflow. */
		workflowId?: string;
	} = {},
): ExecuteContext {
	const additionalData = {
		executionId,
		webhookWaitingBaseUrl: 'https://n8n.test/webhook-waiting',
		formWaitingBaseUrl: 'https://n8n.test/form-waiting',
		instanceBaseUrl: 'https://n8n.test/',
		variables: {},
	} as unknown as IWorkflowExecuteAdditionalData;
	const input = { main: [[{ json: {} }]] };
	return new ExecuteContext(
		workflowWith(workflowId),
		node,
		additionalData,
		mode,
		state,
		runIndex,
		[{ json: {} }],
		input,
		{ node, data: input, source: null },
		[],
	);
}
