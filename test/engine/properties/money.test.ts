import fc from 'fast-check';
import type { IRunExecutionData } from 'n8n-workflow';

import type { NodeError } from '../../../nodes/GptImage2/errors/nodeErrors';
import { inParallel } from '../../../nodes/GptImage2/operations/image/inParallel';
import { openBatch } from '../../../nodes/GptImage2/runs/batch';
import { requestsOf } from '../../../nodes/GptImage2/runs/request';
import { finishRun } from '../../../nodes/GptImage2/runs/startRun';
import { RunflowClient } from '../../../runflow/client';
import { longestMs, tried } from '../../fixtures/properties';
import { contextOf, newExecution, saved } from './context';
import {
	ModelApi,
	storedInputs,
	type EndStatus,
	type Fault,
	type Listing,
	type ModelRun,
	type Protection,
	type StoredInput,
} from './modelApi';
import { output, planOf } from './requests';

jest.setTimeout(longestMs);

const faultsOfProcess: Fault[] = [
	'none',
	'402',
	'429',
	'5xx before',
	'5xx after',
	'refused',
	'drop before',
	'drop after',
	'broken answer',
	'no id',
	'404',
];
const crashes: Fault[] = ['crash before', 'crash after'];

/** What a user does after the node failed: n8n's Retry On Fail, the Retry of the execution, or a new one. */
type Repetition = 'try again' | 'retry' | 'execute';

/** How the API may store an input that is still known by itself. */
const storedAlike = storedInputs.filter((stored) => stored !== 'nothing');

interface Story {
	prompts: string[];
	clientRef: string | null;
	concurrency: number;
	faults: Fault[];
	ends: EndStatus[];
	listing: Listing;
	repetitions: Repetition[];
	/** Whether the prompts evaluate to something else in each execution, as with `$now`. */
	isVolatile: boolean;
	stores: StoredInput;
}

const storyWith = (faults: Fault[], clientRef: string | null = null): fc.Arbitrary<Story> =>
	fc.record({
		prompts: fc.array(fc.constantFrom('a brass sign', 'a copper sign'), {
			minLength: 1,
			maxLength: 4,
		}),
		clientRef: fc.constant(clientRef),
		concurrency: fc.constantFrom(1, 10),
		faults: fc.array(fc.constantFrom(...faults), { maxLength: 14 }),
		ends: fc.array(
			fc.constantFrom<EndStatus>('succeeded', 'succeeded', 'failed', 'cancelled', 'expired'),
			{ maxLength: 4 },
		),
		listing: fc.record({
			pageSize: fc.constantFrom(200, 2, 1),
			next: fc.constantFrom<Listing['next']>('cursor', 'url'),
			staleMs: fc.constantFrom(0, 10_000),
		}),
		repetitions: fc.array(fc.constantFrom<Repetition>('try again', 'retry'), { maxLength: 6 }),
		isVolatile: clientRef === null ? fc.boolean() : fc.constant(false),
		stores: fc.constantFrom(...(clientRef === null ? storedInputs : storedAlike)),
	});

let stories = 0;

/** Whether an error names each run that is paid for, by its id, or by its reference where nobody knows whether there is one. */
function expectNamed({ runs }: ModelApi, error: NodeError): void {
	const said = JSON.stringify([error.message, error.description, error.context]);
	const isNamed = ({ body, id }: ModelRun) =>
		said.includes(id) || said.includes(String(body.client_ref));
	const paid = runs.filter(({ endsAs }) => endsAs === 'succeeded');
	expect(paid.filter((run) => !isNamed(run))).toEqual([]);
}

/** Lives through a story until every item has its image; returns the run of each item. */
async function live(story: Story, api: ModelApi): Promise<string[]> {
	const plannedIn = (execution: number) =>
		story.prompts.map((prompt, itemIndex) => ({
			itemIndex,
			requestNumber: itemIndex,
			plan: planOf(story.isVolatile ? `${prompt} ${execution}` : prompt, story.clientRef),
		}));
	const workflowId = `story ${(stories += 1)}`;
	// After a crash nobody knows of a run as long as it isn't listed.
	const hasCrashes = story.faults.some((fault) => crashes.includes(fault));
	let beforeCrash: IRunExecutionData = saved(newExecution());
	let state = saved(beforeCrash);
	let mode: 'manual' | 'retry' = 'manual';
	for (let execution = 0; execution < 40; execution++) {
		const executionId = String(231 + execution);
		const context = contextOf(state, { executionId, mode, workflowId });
		const client = new RunflowClient(api.send, api.pause);
		const options = {
			completion: 'poll' as const,
			concurrency: story.concurrency,
			isPaceLearnt: true,
			maxImages: 0,
			pollSeconds: 3,
			reuseHours: 0,
			timeoutSeconds: 600,
		};
		const ended = await inParallel(
			openBatch(
				context,
				{ client, clientIn: () => client },
				options,
				await requestsOf(context, plannedIn(execution)),
			),
			async (batch, request) =>
				batch.runSlots.use(
					async () => ({
						run: await finishRun(batch, request),
						images: [],
						itemIndex: request.itemIndex,
						output,
					}),
					request.signal,
				),
		).catch((error: NodeError) => {
			if (!hasCrashes) expectNamed(api, error);
			// A retry that can't see what was paid for says so, and the user lets the key list runs.
			if (error.context?.code === 'RUNS_UNKNOWN') api.allowLists();
			return null;
		});
		if (api.restart()) {
			state = saved(beforeCrash);
			mode = 'retry';
			continue;
		}
		if (ended !== null) {
			return ended.map((outcome) => ('result' in outcome ? outcome.result.run.id : ''));
		}
		if (story.repetitions[execution] === 'execute') {
			state = newExecution();
			mode = 'manual';
			continue;
		}
		if (story.repetitions[execution] !== 'retry') continue;
		beforeCrash = saved(state);
		state = saved(beforeCrash);
		mode = 'retry';
	}
	throw new Error('never ended');
}

/** Whether each item has a run of its own and nothing else was paid for. */
async function paysOnce(story: Story, protection: Protection): Promise<void> {
	const { ends, faults, listing, stores } = story;
	const api = new ModelApi([...faults], ends, protection, stores, listing);
	const runIds = await live(story, api);
	expect([...runIds].sort()).toEqual([...api.paid].sort());
}

describe('whatever goes wrong, in the end as many runs are paid for as images are wanted', () => {
	/**
	 * Where neither holds, nobody can know: an API that ignores keys and lists runs late or not at all,
	 * or that answers a known key with a conflict and no list.
	 */
	const safe = fc.constantFrom<Protection>(
		{ replay: 'run', listLagMs: 0 },
		{ replay: 'run', listLagMs: 1_500 },
		{ replay: 'run', listLagMs: 5_000 },
		{ replay: 'run', listLagMs: null },
		{ replay: 'conflict', listLagMs: 0 },
		{ replay: 'conflict', listLagMs: 5_000 },
		{ replay: null, listLagMs: 0 },
	);

	/** After a crash the key is lost, so only a list can tell; late ones are there when somebody retries. */
	const safeInCrashes = safe.filter(({ listLagMs }) => listLagMs !== null);

	it('and no crash is among it', async () => {
		await fc.assert(fc.asyncProperty(storyWith(faultsOfProcess), safe, paysOnce), tried(300));
	});

	/** With equal items under one reference, neither a conflict nor a late list says whose run there is. */
	const safeUnderOneReference = safe.filter(
		({ listLagMs, replay }) => replay !== 'conflict' && listLagMs === 0,
	);

	it('with a reference of the user, the same for all items', async () => {
		await fc.assert(
			fc.asyncProperty(storyWith(faultsOfProcess, 'order-17'), safeUnderOneReference, paysOnce),
			tried(200),
		);
	});

	it('where the workflow is executed again after each failure', async () => {
		const clear: Fault[] = ['none', '402', '429', 'refused', '404'];
		const stories = storyWith(clear).map((story): Story => ({
			...story,
			isVolatile: false,
			repetitions: story.repetitions.map(() => 'execute'),
		}));
		await fc.assert(fc.asyncProperty(stories, safe, paysOnce), tried(200));
	});

	it('where n8n dies at any moment and its retry begins with what was saved before', async () => {
		const faults = [...faultsOfProcess, ...crashes, ...crashes];
		await fc.assert(fc.asyncProperty(storyWith(faults), safeInCrashes, paysOnce), tried(300));
	});
});
