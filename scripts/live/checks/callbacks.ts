import { readCallback, runEvents } from '../../../runflow/callback';
import { signatureHeader, verify } from '../../../runflow/signature';
import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import type { Received, Receiver } from '../receiver';
import { baseRun } from '../baseRun';
import { succeededRun, trialRun } from '../runs';
import type { Stage } from '../stage';

/** What takes the callbacks. Throws NotTried. */
export function receiverOf({ receiver }: Stage): Receiver {
	if (receiver === null) throw new NotTried('no RUNFLOW_CALLBACK_URL leads to this machine');
	return receiver;
}

/** The first callback of the first run. Throws NotTried where none came. */
export async function firstCallback(stage: Stage): Promise<Received> {
	return await stage.once('first callback', async () => {
		const { run } = await baseRun(stage);
		const { callbackMs } = stage.options.pace;
		const [first] = await receiverOf(stage).callbacksOf(run.id, 1, callbackMs);
		if (first === undefined) throw new NotTried('no callback came');
		return first;
	});
}

const documentedFields = ['event', 'run_id', 'status', 'output', 'metadata'];
const needs = 'callback';

/** Callbacks as they arrive. */
export const callbackChecks: Check[] = [
	{
		id: 'callback',
		assumption: 'A run that ends is announced to its `callback_url`',
		source: 'SEED, CB',
		copes: null,
		decides: 'nodes/GptImage2/trigger/receive.ts',
		needs,
		attempt: async (stage) => {
			const { run } = await baseRun(stage);
			const first = await stage.attempted(firstCallback);
			if ('reason' in first) return breaks(first.reason);
			const afterMs = first.made.at - (run.completedAt ?? first.made.at);
			return holds(`${(afterMs / 1000).toFixed(1)} s after its end, by the two clocks`);
		},
	},
	{
		id: 'callback-body',
		assumption: "It says 'run.completed', run_id, status, output and metadata",
		source: 'SEED, CB',
		copes: 'Needs an event of a run and `run_id`; an event it does not know starts no workflow',
		decides: 'runflow/callback.ts',
		needs,
		attempt: async (stage) => {
			await succeededRun(stage, 'base');
			const callback = readCallback((await firstCallback(stage)).body);
			if (callback === null) return breaks("it can't be read");
			const { event, run } = callback;
			const names = Object.keys(run.raw);
			const seen = `${event}: ${names.join(', ')}; pictures: ${run.images.length}`;
			if (!(event in runEvents)) return breaks(seen);
			const isComplete = documentedFields.every((name) => names.includes(name));
			return holdsIf(event === 'run.completed' && isComplete && run.images.length > 0, seen);
		},
	},
	{
		id: 'callback-headers',
		assumption: 'It is JSON by its Content-Type, and has a `Runflow-Request-Id`',
		source: 'SEED',
		copes: 'Reads a body of any type, and no such header',
		decides: 'nodes/GptImage2/trigger/body.ts',
		needs,
		attempt: async (stage) => {
			const { headers } = await firstCallback(stage);
			const type = headers['content-type'];
			const isJson = /^application\/json/.test(type ?? '');
			const names = Object.keys(headers).filter((name) => name.startsWith('runflow-'));
			const seen = `${type}; ${names.join(', ') || 'no header of Runflow'}`;
			return holdsIf(isJson && 'runflow-request-id' in headers, seen);
		},
	},
	{
		id: 'callback-signature',
		assumption:
			'`Runflow-Signature` is the HMAC-SHA256 of the raw body with the whole secret, in hex',
		source: 'SIG, CB',
		copes: null,
		decides: 'runflow/signature.ts',
		needs,
		attempt: async (stage) => {
			const { body, headers } = await firstCallback(stage);
			const signature = headers[signatureHeader];
			const { signingSecrets } = stage.options;
			if (signingSecrets.length === 0) {
				const kind = signature === undefined ? 'unsigned' : 'signed';
				throw new NotTried(`RUNFLOW_SIGNING_SECRET is not set; the callback was ${kind}`);
			}
			const verdict = verify(body, signature, signingSecrets);
			return verdict.ok ? holds('it fits') : breaks(verdict.reason);
		},
	},
	{
		id: 'callback-retry',
		assumption: 'A callback that is answered with 500 is sent again, about a second later',
		source: 'SEED',
		copes:
			"Reads the run itself while it waits; 'Redeliver Missed Callbacks' has missed ones sent again",
		decides: 'nodes/GptImage2/operations/run/redeliverMissed.ts',
		needs,
		attempt: async (stage) => {
			await firstCallback(stage);
			const { run } = await baseRun(stage);
			const { callbackMs } = stage.options.pace;
			const [first, second] = await receiverOf(stage).callbacksOf(run.id, 2, callbackMs);
			if (first === undefined || second === undefined) return differs('it was not sent again');
			const gapMs = second.at - first.at;
			const [least, most] = stage.options.pace.retryGapMs;
			return holdsIf(gapMs >= least && gapMs <= most, `again after ${(gapMs / 1000).toFixed(1)} s`);
		},
	},
	{
		id: 'callback-refused',
		assumption: 'A callback that is answered with 404 is not sent again',
		source: 'SEED, CB',
		copes: 'Answers each delivery by itself, and ignores repeats that it has accepted',
		decides: 'nodes/GptImage2/trigger/repeats.ts',
		needs,
		attempt: async (stage) => {
			const receiver = receiverOf(stage);
			const { run } = await trialRun(stage, 'square_hd');
			const { callbackMs, quietMs } = stage.options.pace;
			const [first] = await receiver.callbacksOf(run.id, 1, callbackMs);
			if (first === undefined) throw new NotTried('no callback came');
			const all = await receiver.callbacksOf(run.id, 2, first.at + quietMs - Date.now());
			return holdsIf(
				all.length === 1,
				all.length === 1 ? 'it came once' : `it came ${all.length} times`,
			);
		},
	},
	{
		id: 'callback-failed',
		assumption: 'The callback of a failed run has no output',
		source: 'SEED',
		copes: 'Reads the reason from an error envelope in it',
		decides: 'runflow/callback.ts',
		needs,
		attempt: async (stage) => {
			const receiver = receiverOf(stage);
			const { run } = await trialRun(stage, 'failing');
			if (run.status !== 'failed') throw new NotTried(`the run that was to fail ${run.status}`);
			const { callbackMs } = stage.options.pace;
			const [first] = await receiver.callbacksOf(run.id, 1, callbackMs);
			const callback = first && readCallback(first.body);
			if (!callback) throw new NotTried('no callback that can be read came');
			const { output } = callback.run.raw;
			return holdsIf(output === null, `${callback.event}, output ${JSON.stringify(output)}`);
		},
	},
];
