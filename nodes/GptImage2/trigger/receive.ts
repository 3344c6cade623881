import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { z } from 'zod';

import { runEvents, type Callback } from '../../../runflow/callback';
import { storeImages } from '../output/images';
import { toItems } from '../output/items';
import { outputOptionsSchema } from '../parameters/image';
import { authenticate } from './authentication';
import { Repeats } from './repeats';

const optionsSchema = outputOptionsSchema.extend({ ignoreRepeats: z.boolean().default(true) });
const eventsSchema = z.array(z.string()).catch(Object.keys(runEvents));

const repeats = new Repeats();

/** Takes a delivery: refuses what isn't proven, ignores what isn't wanted or came before, else starts the workflow. */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const judgement = await authenticate(context);
	if (!judgement.taken) {
		context.getResponseObject().status(judgement.status).json({ message: judgement.reason });
		return { noWebhookResponse: true };
	}
	const { callback } = judgement;
	const events = eventsSchema.parse(context.getNodeParameter('events', []));
	if (!events.includes(callback.event)) return { webhookResponse: 'Event not selected' };

	const options = optionsSchema.parse(context.getNodeParameter('options', {}));
	if (options.ignoreRepeats && (await cameBefore(context, callback))) {
		return { webhookResponse: 'Already taken' };
	}
	return { workflowData: [await itemsOf(context, callback, options)] };
}

/** While the workflow is built, the same delivery may be tried again and again. */
async function cameBefore(context: IWebhookFunctions, { event, run }: Callback): Promise<boolean> {
	if (context.getMode() === 'manual') return false;
	const key = [context.getWorkflow().id, context.getNode().id, run.id, event].join(' ');
	return await repeats.isRepeat(key, context.getResponseObject());
}

/** The items of a callback, with URLs: whoever sends it shall not wait for downloads. Only data URIs are stored. */
async function itemsOf(
	context: IWebhookFunctions,
	{ event, run }: Callback,
	options: z.infer<typeof optionsSchema>,
) {
	const images = await storeImages(context, run, {
		output: { ...options, download: false },
		reread: async () => run,
		signal: new AbortController().signal,
	});
	return toItems({ run, images, itemIndex: 0, output: options, event });
}
