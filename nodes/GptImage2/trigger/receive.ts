import {
	NodeOperationError,
	type INodeExecutionData,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import type { Callback } from '../../../runflow/callback';
import { listImages } from '../output/images';
import { toItems } from '../output/items';
import { readEvents, readTriggerOptions, type TriggerOptions } from '../parameters/trigger';
import { authenticate } from './authentication';
import { Repeats } from './repeats';

const repeats = new Repeats();

/**
 * Receives a delivery: refuses it if it isn't authentic, ignores it if it isn't selected or came before,
 * and otherwise starts the workflow with it.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const verdict = await authenticate(context);
	if (!verdict.accepted) {
		context.getResponseObject().status(verdict.httpStatus).json({ message: verdict.reason });
		if (context.getMode() === 'manual') throw refusedCall(context, verdict.reason);
		return { noWebhookResponse: true };
	}
	const { callback } = verdict;
	if (!readEvents(context).includes(callback.event)) {
		return { webhookResponse: 'Event not selected' };
	}
	const options = readTriggerOptions(context);
	if (options.ignoreRepeats && (await cameBefore(context, callback))) {
		return { webhookResponse: 'Already received' };
	}
	return { workflowData: [await itemsOf(context, callback, options)] };
}

/** What the editor shows of a test call that was refused; Runflow has its answer already. */
function refusedCall(context: IWebhookFunctions, reason: string): NodeOperationError {
	return new NodeOperationError(context.getNode(), `A call was refused: ${reason}`, {
		description:
			"Runflow signs its callbacks with the secret in 'Callback Signing Secrets' of the credential. To try the trigger with calls of your own, choose 'None' as 'Authentication', or 'Re-Read the Run From Runflow'.",
	});
}

/** While the workflow is being built, the same delivery may be tried repeatedly. */
async function cameBefore(context: IWebhookFunctions, { event, run }: Callback): Promise<boolean> {
	if (context.getMode() === 'manual') return false;
	const key = [context.getWorkflow().id, context.getNode().id, run.id, event].join(' ');
	return await repeats.isRepeat(key, context.getResponseObject());
}

/** The items of a callback, with URLs only, so that its sender doesn't have to wait for downloads. */
async function itemsOf(
	context: IWebhookFunctions,
	{ event, run }: Callback,
	output: TriggerOptions,
): Promise<INodeExecutionData[]> {
	const images = await listImages(context, run, output.fileName);
	return toItems({ run, images, itemIndex: 0, output, event });
}
