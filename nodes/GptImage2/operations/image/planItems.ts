import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import { isSameInput } from '../../../../runflow/sameInput';
import { toNodeError, type NodeError } from '../../errors/nodeErrors';
import { furtherSizeOf, requestNumberOf } from '../../imageSizes';
import { continuesOnError, isTool, type Completion, type NodeOptions } from '../../parameters/node';
import { Parameters } from '../../parameters/reader';
import { readReference } from '../../runs/reference';
import type { ImagePlan, PlannedItem } from '../../runs/request';
import { withCallbacks } from '../../suspension/callers';
import { ownTurn } from '../../turns';
import { assertReachable } from './callbackUrl';
import type { Failure } from './inParallel';

/** Reads what one item asks for. Throws NodeOperationError if it can't be sent. */
export type PlanItem = (itemIndex: number) => ImagePlan | Promise<ImagePlan>;

/**
 * Reads and checks every item before anything is sent. If the node continues on errors, items that can't be
 * sent are refused, and so are all items if they ask for more images than 'Max Images' allows. Otherwise
 * throws NodeOperationError for the first problem.
 */
export async function planItems(
	context: IExecuteFunctions,
	planItem: PlanItem,
	{ completion, maxImages }: NodeOptions,
	apiBaseUrl: string,
): Promise<{ planned: PlannedItem[]; refused: Failure[] }> {
	const planned: PlannedItem[] = [];
	const refused: Failure[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		await ownTurn();
		try {
			const plan = await planItem(itemIndex);
			const callbackUrl = completion === 'none' ? plan.callbackUrl : null;
			const checked = { ...plan, callbackUrl };
			assertCanFinish(context, itemIndex, checked, completion, apiBaseUrl);
			planned.push(...inEachSize(itemIndex, checked));
		} catch (error) {
			const refusal = ofRow(context, error, itemIndex);
			if (!continuesOnError(context)) throw refusal;
			refused.push({ itemIndex, error: refusal });
		}
	}
	const tooMany = refuseTooMany(context, planned, maxImages);
	if (tooMany !== null) {
		if (!continuesOnError(context)) throw tooMany;
		refused.push(...planned.map(({ itemIndex }) => ({ itemIndex, error: tooMany })));
		return { planned: [], refused };
	}
	if (completion !== 'none') await assertCanServe(context, planned);
	if (completion !== 'suspend') return { planned, refused };
	return { planned: await withCallbacks(context, planned, apiBaseUrl), refused };
}

/** The error of an item that can't be sent, which says which of several it is, and what was sent for the others. */
function ofRow(context: IExecuteFunctions, error: unknown, itemIndex: number): NodeError {
	const node = context.getNode();
	const nodeError = toNodeError(node, error, itemIndex);
	const { length } = context.getInputData();
	if (length === 1 || !(nodeError instanceof NodeOperationError)) return nodeError;
	const row = `Row ${itemIndex + 1} of ${length}`;
	const { description } = nodeError;
	const message =
		nodeError.message === "'Prompt' must not be empty"
			? `${row} has no prompt`
			: `${row}: ${nodeError.message}`;
	const sent = continuesOnError(context) ? 'for this row' : 'for any row';
	// Without its index: n8n would add it in brackets, counted from 0.
	return new NodeOperationError(node, message, {
		description: description?.replace('for this item', sent),
	});
}

/** An item's picture in its own size, and in each of its 'More Sizes'. */
function inEachSize(itemIndex: number, plan: ImagePlan): PlannedItem[] {
	const own: PlannedItem = { itemIndex, requestNumber: itemIndex, plan };
	const further = [...new Set(plan.moreSizes)].flatMap((channel): PlannedItem[] => {
		const input = { ...plan.input, image_size: furtherSizeOf(channel) };
		if (isSameInput(input, plan.input)) return [];
		const requestNumber = requestNumberOf(itemIndex, channel);
		return [{ itemIndex, requestNumber, plan: inSize({ ...plan, input }, channel) }];
	});
	if (further.length === 0) return [own];
	const { image_size: size } = plan.input;
	const shape = typeof size === 'string' && size !== 'auto' ? size : plan.channel;
	return [{ ...own, plan: inSize(plan, shape) }, ...further];
}

/** The plan of one of several sizes; a file that the user names is told apart by the size at its end. */
function inSize(plan: ImagePlan, channel: string | null): ImagePlan {
	const { fileName } = plan.output;
	if (fileName === null || channel === null) return { ...plan, channel };
	const named = fileName.replace(
		/(\.(png|jpe?g|webp))?$/i,
		(end) => `-${channel.replaceAll('_', '-')}${end}`,
	);
	return { ...plan, channel, output: { ...plan.output, fileName: named } };
}

/** Refuses a link that n8n could not serve, before anything is paid for. */
async function assertCanServe(context: IExecuteFunctions, planned: PlannedItem[]): Promise<void> {
	const linked = planned.filter(({ plan }) => plan.publicLinkDays > 0);
	const [first] = linked;
	if (first === undefined) return;
	const notStored = linked.find(({ plan }) => !plan.output.download);
	const parameters = new Parameters(context, (notStored ?? first).itemIndex);
	if (notStored !== undefined) {
		throw parameters.refuse(
			"'Public Link (Days)' needs 'Download'",
			"n8n serves the image that it has stored. Turn 'Download' on, or 'Public Link (Days)' off.",
		);
	}
	const { prepareBinaryData } = context.helpers;
	const stored = await prepareBinaryData(Buffer.from('?'), 'public-link.txt', 'text/plain');
	if (stored.id !== undefined) return;
	throw parameters.refuse(
		"'Public Link (Days)' does not work where n8n keeps binary data in memory",
		"There is no file that n8n could serve. Set n8n's environment variable N8N_DEFAULT_BINARY_DATA_MODE to filesystem, or remove the option.",
	);
}

/**
 * Refuses a run whose callback could never arrive, whose images could never be fetched, or whose reference
 * is another run's.
 */
function assertCanFinish(
	context: IExecuteFunctions,
	itemIndex: number,
	{ callbackUrl, clientRef, input }: ImagePlan,
	completion: Completion,
	apiBaseUrl: string,
): void {
	const parameters = new Parameters(context, itemIndex);
	if (readReference(clientRef) !== null) {
		throw parameters.refuse(
			"'Client Reference' is one that this node made for another run",
			'By it the node would take that run for its own. Leave it empty, or enter a reference of your own.',
		);
	}
	const suspends = completion === 'suspend';
	if (completion === 'none' && callbackUrl !== null) {
		assertReachable(parameters, callbackUrl, apiBaseUrl);
	}
	const keepsNoImage = suspends || (completion === 'none' && callbackUrl === null);
	if (input.sync_mode && isTool(context)) {
		throw parameters.refuse(
			"'Sync Mode' does not work in a tool of an agent",
			"The agent gets the URL of an image, and Runflow keeps no copy of an image made in sync mode that could have one. Turn 'Sync Mode' off.",
		);
	}
	if (!input.sync_mode || !keepsNoImage) return;
	throw parameters.refuse(
		"'Sync Mode' needs 'Wait in This Execution' as 'While Runflow Works'",
		"Runflow keeps no copy of an image made in sync mode, so it can't be fetched later. Turn 'Sync Mode' off, or wait in this execution.",
	);
}

function refuseTooMany(
	context: IExecuteFunctions,
	planned: PlannedItem[],
	maxImages: number,
): NodeOperationError | null {
	const wanted = planned.reduce((sum, { plan }) => sum + plan.input.num_images, 0);
	if (maxImages === 0 || wanted <= maxImages) return null;
	return new NodeOperationError(
		context.getNode(),
		`The items ask for ${wanted} images, and 'Max Images' allows ${maxImages}`,
		{
			description:
				"No run was started and nothing was charged. Raise 'Max Images' in the options, send fewer items, or lower 'Number of Images'.",
		},
	);
}
