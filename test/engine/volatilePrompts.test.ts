import { CountingApi } from './api';
import { runWorkflow } from './harness';
import { retry } from './retry';
import { goldenWorkflow } from './workflows';

jest.setTimeout(60_000);

const options = { pollInterval: 0.1 };
const input = ['a', 'b', 'c', 'bad'].map((sign) => ({ json: { sign } }));

/** An API that refuses whatever has 'bad' in its prompt. */
const refusingApi = () =>
	new CountingApi(({ prompt }) => (prompt.includes('bad') ? [422, {}] : undefined));

const volatile = [
	['$now', '={{ $json.sign }} at {{ $now.toMillis() }}'],
	['Math.random()', '={{ $json.sign }} no. {{ Math.random() }}'],
	[
		'.randomItem()',
		'={{ $json.sign }} {{ Array.from({ length: 9999 }, (_, i) => i).randomItem() }}',
	],
];

describe('a prompt that evaluates to something else at each try', () => {
	it.each(volatile)('is paid for once with Retry On Fail: %s', async (_name, prompt) => {
		const api = refusingApi();
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
		const workflow = goldenWorkflow('generate', { prompt, options }, settings);
		const { error } = await runWorkflow(workflow, { input });
		expect(api.runs.map(({ prompt: sent }) => sent[0]).sort()).toEqual(['a', 'b', 'c']);
		const named = error?.context?.paid_runs as string[];
		expect([...named].sort()).toEqual(api.runs.map(({ id }) => id).sort());
	});

	it.each(volatile)("is paid for once with n8n's Retry: %s", async (_name, prompt) => {
		const api = refusingApi();
		const first = await runWorkflow(goldenWorkflow('generate', { prompt, options }), { input });
		const sent = api.runs.map(({ id }) => id).sort();
		const again = await retry(first.run, { prompt, options: { ...options, timeout: 30 } });
		expect(api.runs.map(({ id }) => id).sort()).toEqual(sent);
		expect(again.error?.context?.paid_runs).toHaveLength(3);
	});

	it('is another request where it was edited', async () => {
		const api = new CountingApi((run) => {
			if (api.runs.length === 0) run.status = 'running';
		});
		const [, [, prompt = ''] = []] = volatile;
		const late = { prompt, options: { ...options, timeout: 0.3 } };
		const one = input.slice(0, 1);
		const first = await runWorkflow(goldenWorkflow('generate', late), { input: one });
		for (const run of api.runs) run.status = 'succeeded';
		await retry(first.run, { prompt: `${prompt}!`, options });
		expect(api.runs).toHaveLength(2);
	});

	it('is sent again to the letter while it is unclear whether its run is there', async () => {
		const sent = new Map<string, Set<string>>();
		let drops = 8;
		const api = new CountingApi(({ key, prompt }) => {
			sent.set(key, (sent.get(key) ?? new Set()).add(prompt));
			return (drops -= 1) > 0 ? 'refuse' : undefined;
		});
		const [, [, prompt = ''] = []] = volatile;
		const one = input.slice(0, 1);
		const first = await runWorkflow(goldenWorkflow('generate', { prompt, options }), {
			input: one,
		});
		expect(first.error?.context).toMatchObject({ may_be_paid: true });
		const again = await retry(first.run, { prompt, options });
		expect(again.error).toBeUndefined();
		expect(api.runs).toHaveLength(1);
		expect([...sent.values()].map((prompts) => prompts.size)).toEqual([1]);
	});
});
