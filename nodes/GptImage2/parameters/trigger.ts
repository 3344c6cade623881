import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { runEvents } from '../../../runflow/callback';
import { outputOptionsSchema, simplifySchema } from './output';
import { Parameters } from './reader';

const authenticationSchema = z.enum(['none', 'reread', 'signature']).catch('signature');

/** How the trigger makes sure that a callback comes from Runflow. */
export type Authentication = z.infer<typeof authenticationSchema>;

/** The options of the trigger. */
export const triggerOptionsSchema = outputOptionsSchema.extend({
	ignoreRepeats: z.boolean().default(true),
});

/** The options of the trigger, checked. */
export type TriggerOptions = z.infer<typeof triggerOptionsSchema> & { simplify: boolean };

const eventsSchema = z.array(z.string()).catch(Object.keys(runEvents));

/** How the trigger authenticates callbacks; by signature by default. */
export function readAuthentication(context: IHookFunctions | IWebhookFunctions): Authentication {
	return new Parameters(context).read('authentication', authenticationSchema, 'signature');
}

/** The events that start the workflow. */
export function readEvents(context: IWebhookFunctions): string[] {
	return new Parameters(context).read('events', eventsSchema, []);
}

/** The options of the trigger. Throws NodeOperationError that names the option. */
export function readTriggerOptions(context: IWebhookFunctions): TriggerOptions {
	const parameters = new Parameters(context);
	const simplify = parameters.read('simplify', simplifySchema, true);
	return { ...parameters.options(triggerOptionsSchema), simplify };
}
