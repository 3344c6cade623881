import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { RunFailedError } from '../../../../runflow/errors';
import { hasSucceeded, isTerminal } from '../../../../runflow/status';
import { assertReachable, resumeUrlOf } from '../../suspension/callbackUrl';
import { toErrorRow, toNodeError } from '../../errors/nodeErrors';
import { addSummaryHint } from '../../output/hints';
import { downloadsAtOnce, storeImages } from '../../output/images';
import { Ledger } from '../../runs/ledger';
import { readNodeOptions, type Completion, type NodeOptions } from '../../parameters/image';
import { suspend } from '../../suspension/suspend';
import { outputOf } from '../../output/tool';
import { connect } from '../../connection';
import { Uploads } from '../../runs/uploads';
import { runAll, type Outcome, type PlannedItem, type Work } from './inParallel';
import { fetchImages, finishRun, startRun, type ImagePlan } from '../../runs/startRun';

/**
 * The one way from items to images. Reads and checks every item before anything is sent, runs them
 * in parallel, and gives items in the order of the input. `plan` reads one item and throws where
 * it can't be sent.
 */
export async function makeImages(
	context: IExecuteFunctions,
	plan: (itemIndex: number) => ImagePlan,
): Promise<INodeExecutionData[]> {
	const options = readNodeOptions(context);
	const { client, baseUrl } = await connect(context);
	const { completion } = options;
	const resumeUrl = completion === 'suspend' ? resumeUrlOf(context) : null;
	const { planned, refused } = planAll(context, (itemIndex) =>
		withCallback(context, plan(itemIndex), { completion, resumeUrl, baseUrl, itemIndex }),
	);
	refuseTooManyImages(context, planned, options);

	const uploads = new Uploads(context, client);
	const shared = { context, client, ledger: Ledger.of(context), uploads, options };
	const work = workFor[completion]();
	const outcomes = [...refused, ...(await runAll(shared, planned, work))];
	outcomes.sort((one, other) => one.itemIndex - other.itemIndex);
	const finished = outcomes.flatMap((outcome) => ('finished' in outcome ? [outcome.finished] : []));
	if (completion === 'suspend') {
		const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
		return await suspend(context, { ...shared, started: finished, failed });
	}
	addSummaryHint(context, finished, outcomes.length - finished.length);
	return outcomes.flatMap((outcome) =>
		'finished' in outcome
			? outputOf(context, outcome.finished)
			: [toErrorRow(context.getNode(), outcome.error, outcome.itemIndex)],
	);
}

/** What is done with each item under each completion. */
const workFor: Readonly<Record<Completion, () => Work>> = {
	poll: () => {
		const downloadSlots = pLimit(downloadsAtOnce);
		return async ({ itemIndex, plan }, runContext, runSlots) => {
			const run = await runSlots(async () => await finishRun(runContext, itemIndex, plan));
			return await downloadSlots(async () => await fetchImages(runContext, itemIndex, plan, run));
		};
	},

	none:
		() =>
		async ({ itemIndex, plan }, runContext, runSlots) => {
			const { context, client, signal } = runContext;
			const output = { ...plan.output, download: false };
			const run = await runSlots(async () => await startRun(runContext, itemIndex, plan));
			if (isTerminal(run.status) && !hasSucceeded(run.status)) throw new RunFailedError(run);
			const reread = async () => await client.getRun(run.id);
			const images = await storeImages(context, run, { output, reread, signal });
			return { run, images, itemIndex, output };
		},

	suspend:
		() =>
		async ({ itemIndex, plan }, runContext, runSlots) => {
			const run = await runSlots(async () => await startRun(runContext, itemIndex, plan));
			return { run, images: [], itemIndex, output: plan.output };
		},
};

function planAll(context: IExecuteFunctions, plan: (itemIndex: number) => ImagePlan) {
	const planned: PlannedItem[] = [];
	const refused: Outcome[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		try {
			planned.push({ itemIndex, plan: plan(itemIndex) });
		} catch (error) {
			if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, itemIndex);
			refused.push({ itemIndex, error });
		}
	}
	return { planned, refused };
}

interface CallbackOptions {
	completion: Completion;
	/** The address that wakes the execution, null where it isn't suspended. */
	resumeUrl: string | null;
	baseUrl: string;
	itemIndex: number;
}

/** Gives the plan the address that Runflow shall call, refused where it never could. */
function withCallback(
	context: IExecuteFunctions,
	plan: ImagePlan,
	{ completion, resumeUrl, baseUrl, itemIndex }: CallbackOptions,
): ImagePlan {
	const own = completion === 'suspend';
	const callbackUrl = completion === 'none' ? plan.callbackUrl : resumeUrl;
	if (callbackUrl !== null) {
		assertReachable(context, callbackUrl, { apiBaseUrl: baseUrl, itemIndex, own });
	}
	if (plan.input.sync_mode && completion !== 'poll' && (own || callbackUrl === null)) {
		throw new NodeOperationError(
			context.getNode(),
			"'Sync Mode' needs 'Wait in This Execution' as 'Completion'",
			{
				itemIndex,
				description:
					"Runflow keeps no copy of an image made in sync mode, so it can't be fetched later. Turn 'Sync Mode' off, or wait in this execution. Nothing was sent to Runflow.",
			},
		);
	}
	return { ...plan, callbackUrl };
}

function refuseTooManyImages(
	context: IExecuteFunctions,
	planned: PlannedItem[],
	{ maxImages }: NodeOptions,
): void {
	const wanted = planned.reduce((sum, { plan }) => sum + plan.input.num_images, 0);
	if (maxImages === 0 || wanted <= maxImages) return;
	throw new NodeOperationError(
		context.getNode(),
		`The items ask for ${wanted} images, and 'Max Images' allows ${maxImages}`,
		{
			description:
				"Nothing was started and nothing is paid. Raise 'Max Images' in the options, send fewer items, or lower 'Number of Images'.",
		},
	);
}
