import { z } from 'zod/v3';

import { answersTo, deliverySchema, readCallback } from '../../../runflow/callback';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { baseRun } from '../baseRun';
import type { Stage } from '../stage';
import { firstCallback, receiverOf } from './callbacks';
import { twoUrls } from './outputs';

const documented = z.object({ status_code: z.unknown(), attempts: z.array(z.unknown()) });

/** Has the first run's callback delivered once more: the answer, and the callback that came of it, if any. */
async function redelivery(stage: Stage) {
	return await stage.once('redelivery', async () => {
		const receiver = receiverOf(stage);
		await firstCallback(stage);
		const { run } = await baseRun(stage);
		const { callbackMs, quietMs } = stage.options.pace;
		const before = await receiver.callbacksOf(run.id, Infinity, quietMs);
		const api = stage.api.under('redelivery');
		const answer = await api.post(`/v1/runs/${run.id}/callback-redeliveries`);
		const isAsked = answer.status < 300;
		const waitMs = isAsked ? callbackMs : 0;
		const after = await receiver.callbacksOf(run.id, before.length + 1, waitMs);
		return { answer, first: before[0], again: after[before.length] };
	});
}

const firstUrl = (body: Buffer | undefined) =>
	body === undefined ? undefined : readCallback(body)?.run.images[0]?.url;

const needs = 'callback';

/** The history of callbacks, and their redelivery. */
export const deliveryChecks: Check[] = [
	{
		id: 'deliveries',
		assumption: 'A run lists the deliveries of its callback, with attempts',
		source: 'HIST',
		copes: null,
		decides: 'runflow/callback.ts',
		needs,
		attempt: async (stage, api) => {
			await firstCallback(stage);
			const { run } = await baseRun(stage);
			const { body, status } = await api.get(`/v1/runs/${run.id}/callback`);
			const list = z.array(deliverySchema).safeParse(body);
			if (!list.success) return breaks(`${status} and no list`);
			const [delivery] = list.data;
			if (delivery === undefined) return breaks('an empty list');
			const most = String(delivery.max_attempts ?? 'unknown');
			const seen = `attempts ${answersTo(delivery).join(', ')} of at most ${most}`;
			return holdsIf(documented.safeParse(delivery).success, seen);
		},
	},
	{
		id: 'redelivery',
		assumption: 'A redelivery calls again, and answers with that delivery',
		source: 'REDEL',
		copes: 'Passes on whatever it answers',
		decides: 'nodes/GptImage2/operations/run/redeliveries.ts',
		needs,
		attempt: async (stage) => {
			const { again, answer } = await redelivery(stage);
			if (answer.status === 403) throw new NotTried('the key lacks runs:execute');
			if (again === undefined) return breaks(`${answer.status}, and no callback came`);
			const isDelivery = documented.safeParse(answer.body).success;
			return holdsIf(isDelivery, `${answer.status}, and the callback came`);
		},
	},
	{
		id: 'redelivery-fresh',
		assumption: 'What is delivered again is as the run is then, with URLs signed anew',
		source: 'REDEL',
		copes: 'Reads the run where the URL in a callback has expired',
		decides: 'nodes/GptImage2/output/images.ts',
		needs,
		attempt: async (stage) => {
			const [one, other] = await twoUrls(stage);
			if (one === other) throw new NotTried('no URL is ever signed anew');
			const { again, first } = await redelivery(stage);
			const [before, after] = [firstUrl(first?.body), firstUrl(again?.body)];
			if (before === undefined || after === undefined) throw new NotTried('no callback came again');
			return before === after ? differs('the same URL') : holds('another URL');
		},
	},
];
