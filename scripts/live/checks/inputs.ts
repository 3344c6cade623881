import { isDeepStrictEqual } from 'node:util';

import { isSameInput } from '../../../runflow/sameInput';
import { breaks, differs, holds, type Check, type Finding } from '../check';
import { NotTried } from '../notTried';
import { baseRun } from '../baseRun';
import { sentMetadata, type TrialRun } from '../oneRun';
import { trialRun } from '../runs';
import type { Stage } from '../stage';
import type { RunName } from '../trialRuns';

/** What a run shows of its input, beside what was sent. */
async function both(stage: Stage, name: RunName) {
	const { request, run }: TrialRun = await trialRun(stage, name);
	if (run.input === null) throw new NotTried('runs do not show their input');
	const sent: Record<string, unknown> = request.input;
	return { sent, stored: run.input };
}

/** Whether what is stored is what was sent; if not, whether the package takes it for the same. */
function compare(sent: object, stored: Record<string, unknown>, seen: string): Finding {
	const same = Object.entries(sent).every(([name, value]) =>
		isDeepStrictEqual(value, stored[name]),
	);
	if (same) return holds(seen);
	return isSameInput(sent, stored) ? differs(seen) : breaks(seen);
}

const decides = 'runflow/sameInput.ts';
const needs = 'pictures';

/** Whether a run shows what was sent, by which it is known again. */
export const inputChecks: Check[] = [
	{
		id: 'input-text',
		assumption: 'A run keeps the prompt as it was sent: spaces, line ends, composed letters',
		source: 'RUN-G',
		copes: 'Compares texts trimmed, in NFC and with LF',
		decides,
		needs,
		attempt: async (stage) => {
			const { sent, stored } = await both(stage, 'base');
			return compare({ prompt: sent.prompt }, stored, JSON.stringify(stored.prompt ?? null));
		},
	},
	{
		id: 'input-numbers',
		assumption: 'Numbers of the input stay numbers',
		source: 'RUN-G',
		copes: 'Treats text that says the same as the number',
		decides,
		needs,
		attempt: async (stage) => {
			const { sent, stored } = await both(stage, 'mask');
			const shown = JSON.stringify(stored.image_size ?? null);
			return compare({ image_size: sent.image_size }, stored, shown);
		},
	},
	{
		id: 'input-defaults',
		assumption: 'Values that are defaults are kept',
		source: 'LLMS, EDIT',
		copes: 'Treats a missing value as its default',
		decides,
		needs,
		attempt: async (stage) => {
			const { sent, stored } = await both(stage, 'base');
			const missing = Object.keys(sent).filter((name) => (stored[name] ?? null) === null);
			if (missing.length === 0) return holds('all fields are there');
			const without = Object.fromEntries(missing.map((name) => [name, sent[name]]));
			const seen = `without ${missing.join(', ')}`;
			return isSameInput(without, stored) ? differs(seen) : breaks(seen);
		},
	},
	{
		id: 'input-more',
		assumption: 'Nothing is added to the input',
		source: 'RUN-G',
		copes:
			'Ignores what is added, unless only the input identifies a run: then the run is not reused',
		decides,
		needs,
		attempt: async (stage) => {
			const { sent, stored } = await both(stage, 'base');
			const more = Object.keys(stored).filter((name) => !(name in sent));
			return more.length === 0 ? holds('nothing') : differs(more.join(', '));
		},
	},
	{
		id: 'input-urls',
		assumption: 'The URL of an upload comes back, but for its query, which is signed anew',
		source: 'SDK',
		copes: 'Treats a reference to the same asset as its URL',
		decides,
		needs,
		attempt: async (stage) => {
			const { sent, stored } = await both(stage, 'mask');
			const [url] = Array.isArray(stored.image_urls) ? (stored.image_urls as unknown[]) : [];
			const seen = String(url).replace(/\?.*/s, '');
			const isSame = isSameInput({ image_urls: sent.image_urls }, stored);
			if (!isSame) return breaks(seen);
			return seen.startsWith('http') ? holds(seen) : differs(seen);
		},
	},
	{
		id: 'input-data-uri',
		assumption: 'A data URI in the input is replaced by a reference',
		source: 'SDK',
		copes: 'Treats any URL or reference in its place as the same image',
		decides,
		needs,
		attempt: async (stage) => {
			const { sent, stored } = await both(stage, 'inline');
			const [url] = Array.isArray(stored.image_urls) ? (stored.image_urls as unknown[]) : [];
			const seen = String(url).replace(/\?.*/s, '').slice(0, 60);
			if (!isSameInput({ image_urls: sent.image_urls }, stored)) return breaks(seen);
			return seen.startsWith('data:') ? differs('the data URI is kept') : holds(seen);
		},
	},
	{
		id: 'client-ref',
		assumption: 'A run shows its `client_ref` as it was sent',
		source: 'RUN-C, SKILL',
		copes: null,
		decides: 'runflow/findRun.ts',
		needs,
		attempt: async (stage) => {
			const { request, run } = await baseRun(stage);
			return run.client_ref === request.client_ref
				? holds(run.client_ref ?? '')
				: breaks(run.client_ref ?? 'null');
		},
	},
	{
		id: 'metadata',
		assumption: 'A run shows its metadata as it was sent',
		source: 'SEED, RUN-C',
		copes: 'Outputs it as Runflow returns it',
		decides: 'runflow/run.ts',
		needs,
		attempt: async (stage) => {
			const { metadata } = (await baseRun(stage)).run;
			const seen = JSON.stringify(metadata);
			return isDeepStrictEqual(metadata, sentMetadata) ? holds(seen) : differs(seen);
		},
	},
];
