import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.N8N_USER_FOLDER ??= mkdtempSync(join(tmpdir(), 'n8n-engine-'));
process.env.N8N_LOG_LEVEL = 'silent';

import { Container } from '@n8n/di';
import {
	BinaryDataService,
	ExecutionLifecycleHooks,
	LoadOptionsContext,
	WorkflowExecute,
} from 'n8n-core';
import {
	createRunExecutionData,
	ICredentialsHelper,
	NodeConnectionTypes,
	Workflow,
	type ICredentialDataDecryptedObject,
	type IHttpRequestOptions,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IWorkflowBase,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { RunflowApi } from '../../credentials/RunflowApi.credentials';
import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';

/**
 * The URL of the engine tests' API, which nock plays. Each file has its own, so that what an execution of
 * another file still asks for, such as the watch over a suspension, never takes an answer meant for this one.
 */
export const apiUrl = `https://${randomUUID()}.runflow.test`;

/** A credential as a user fills it in. */
export const credential = {
	apiKey: 'rf_live_engine_secret',
	baseUrl: apiUrl,
	organizationId: '',
	signingSecrets: '',
};

/** Emits the items a test starts from. */
class StartNode implements INodeType {
	description = {
		displayName: 'Start',
		name: 'start',
		group: ['trigger' as const],
		version: 1,
		description: 'Start',
		defaults: { name: 'Start' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	};

	async execute(): Promise<INodeExecutionData[][]> {
		return [[]];
	}
}

const types: Record<string, INodeType> = {
	'n8n-nodes-base.manualTrigger': new StartNode(),
	'n8n-nodes-runflow.gptImage2': new GptImage2(),
	'n8n-nodes-runflow.gptImage2Tool': new GptImage2(),
};

function typeNamed(name: string): INodeType {
	const type = types[name];
	if (!type) throw new Error(`unknown node type '${name}'`);
	return type;
}

const nodeTypes: INodeTypes = {
	getByName: typeNamed,
	getByNameAndVersion: typeNamed,
	getKnownTypes: () => ({}),
};

class CredentialsHelper extends ICredentialsHelper {
	constructor(private readonly data: ICredentialDataDecryptedObject) {
		super();
	}
	getParentTypes = () => [];
	isCredentialUsableByNode = () => true;
	authenticate = async (
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		request: IHttpRequestOptions,
	) => await new RunflowApi().authenticate(credentials, request);
	preAuthentication = async () => undefined;
	runPreAuthentication = async () => undefined;
	getCredentials = async () => {
		throw new Error('not used');
	};
	/** Expressions are evaluated as n8n does, and to nothing where it has no data for them, as in a webhook. */
	getDecrypted: ICredentialsHelper['getDecrypted'] = async (...all) => {
		const [, , , mode, executeData, , values] = all;
		const entries = Object.entries(this.data).map(([name, value]) => {
			if (typeof value !== 'string' || !value.startsWith('=')) return [name, value];
			if (!values) return [name, ''];
			const { connectionInputData, itemIndex, node, runExecutionData, runIndex } = values;
			const { expression } = values.workflow;
			const place = [
				runExecutionData,
				runIndex,
				itemIndex,
				node.name,
				connectionInputData,
			] as const;
			return [name, expression.getParameterValue(value, ...place, mode, {}, executeData)];
		});
		return Object.fromEntries(entries);
	};
	updateCredentials = async () => {};
	updateCredentialsOauthTokenData = async () => {};
	getCredentialsProperties = () => [];
}

/** How to execute a workflow. */
export interface EngineOptions {
	/** The items that the trigger of the workflow emits. */
	input: INodeExecutionData[];
	credential?: ICredentialDataDecryptedObject;
	executionId?: string;
	/** State of an execution to continue from, as n8n's Retry does. */
	resume?: IRunExecutionData;
	/** The URL at which n8n can be called back, as set by WEBHOOK_URL. */
	n8nUrl?: string;
	/** When the execution began, in milliseconds since 1970, which n8n copies into its retries; now unless said. */
	establishedAt?: number;
	/** The token of the execution's resume URL, which n8n copies likewise; the same for all that began together unless said. */
	resumeToken?: string;
	/** How the execution was started; by hand unless said. */
	mode?: 'evaluation' | 'manual' | 'retry';
	/** What n8n does to start a sub-execution. */
	executeWorkflow?: IWorkflowExecuteAdditionalData['executeWorkflow'];
	/** Receives a function that stops the execution, as the Stop button does. */
	onStart?: (stop: () => void) => void;
}

/** The result of an execution. */
export interface EngineResult {
	run: IRun;
	/** The items of the node's first output, from its last try. */
	items: INodeExecutionData[];
	errorItems: INodeExecutionData[];
	error:
		| (Error & {
				description?: string | null;
				context?: Record<string, unknown>;
				httpCode?: string | null;
		  })
		| undefined;
	hints: string[];
}

let ready: Promise<void> | undefined;

/** Each test has a workflow of its own, because the node remembers for a day what it paid for in one. */
let workflowId = 'wf0';
let tests = 0;

beforeEach(() => {
	tests += 1;
	workflowId = `wf${tests}`;
});

/** A workflow as exported from n8n. */
export type ExportedWorkflow = Pick<IWorkflowBase, 'nodes' | 'connections' | 'settings'>;

/** What n8n prepares for each execution of a workflow. */
export function prepare(
	exported: ExportedWorkflow,
	options: Pick<EngineOptions, 'credential' | 'executionId' | 'executeWorkflow' | 'n8nUrl'>,
): { workflow: Workflow; additionalData: IWorkflowExecuteAdditionalData } {
	const { executionId = '231', n8nUrl = 'https://n8n.example.com' } = options;
	const workflow = new Workflow({ ...exported, id: workflowId, active: false, nodeTypes });
	const workflowData: IWorkflowBase = {
		...exported,
		id: workflowId,
		name: 'engine test',
		active: false,
		activeVersionId: null,
		isArchived: false,
		createdAt: new Date(),
		updatedAt: new Date(),
	};
	const additionalData = {
		credentialsHelper: new CredentialsHelper(options.credential ?? credential),
		executionId,
		hooks: new ExecutionLifecycleHooks('manual', executionId, workflowData),
		currentNodeExecutionIndex: 0,
		restApiUrl: 'https://n8n.test/rest',
		instanceBaseUrl: 'https://n8n.test/',
		webhookBaseUrl: 'https://n8n.test/webhook',
		webhookWaitingBaseUrl: `${n8nUrl}/webhook-waiting`,
		webhookTestBaseUrl: 'https://n8n.test/webhook-test',
		formBaseUrl: 'https://n8n.test/form',
		formWaitingBaseUrl: 'https://n8n.test/form-waiting',
		formTestBaseUrl: 'https://n8n.test/form-test',
		variables: {},
		logAiEvent: () => {},
		setExecutionStatus: () => {},
		executeWorkflow: options.executeWorkflow,
	} as unknown as IWorkflowExecuteAdditionalData;
	return { workflow, additionalData };
}

/** Executes a workflow, as exported from n8n, in n8n's real engine, and returns the result of the node 'GPT Image 2'. */
export async function runWorkflow(
	exported: ExportedWorkflow,
	options: EngineOptions,
): Promise<EngineResult> {
	ready ??= Container.get(BinaryDataService).init();
	await ready;

	const { workflow, additionalData } = prepare(exported, options);
	const start = exported.nodes.find(({ type }) => type === 'n8n-nodes-base.manualTrigger');
	if (!start) throw new Error('the workflow has no manual trigger');
	const state =
		options.resume ??
		createRunExecutionData({
			resumeToken: options.resumeToken ?? options.establishedAt?.toString(),
			executionData: {
				nodeExecutionStack: [{ node: start, data: { main: [options.input] }, source: null }],
				...(options.establishedAt !== undefined && {
					runtimeData: { version: 1, establishedAt: options.establishedAt, source: 'manual' },
				}),
			},
			resultData: { pinData: { [start.name]: options.input } },
		});
	const { mode = 'manual' } = options;
	const execution = new WorkflowExecute(additionalData, mode, state).processRunExecutionData(
		workflow,
	);
	options.onStart?.(() => execution.cancel());
	const run = await execution;
	const task = run.data.resultData.runData['GPT Image 2']?.at(-1);
	return {
		run,
		items: task?.data?.main?.[0] ?? [],
		errorItems: task?.data?.main?.[1] ?? [],
		error: task?.error as EngineResult['error'],
		hints: (task?.hints ?? []).map(({ message }) => message),
	};
}

/** Has the node list what the editor offers to choose from, in n8n's real context for that. */
export async function searchList(
	method: keyof GptImage2['methods']['listSearch'],
	search?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const node = {
		id: 'n1',
		name: 'GPT Image 2',
		type: 'n8n-nodes-runflow.gptImage2',
		typeVersion: 1.1,
		position: [0, 0] as [number, number],
		parameters: { resource: 'run', operation: 'get' },
		credentials: { runflowApi: { id: '1', name: 'Runflow API' } },
	};
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const additionalData = {
		credentialsHelper: new CredentialsHelper(credential),
	} as unknown as IWorkflowExecuteAdditionalData;
	const context = new LoadOptionsContext(workflow, node, additionalData, 'parameters.runId');
	return await new GptImage2().methods.listSearch[method].call(context, search, paginationToken);
}

/** The bytes of an item's binary field. */
export async function bytesOf(
	item: INodeExecutionData | undefined,
	field = 'data',
): Promise<Buffer> {
	const binary = item?.binary?.[field];
	if (!binary) throw new Error(`no binary field '${field}'`);
	return await Container.get(BinaryDataService).getAsBuffer(binary);
}
