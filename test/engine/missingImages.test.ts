import type { INodeParameters } from 'n8n-workflow';

import { CountingApi } from './api';
import { breakStore } from './binaryStore';
import { execute, idsOf, items } from './executions';
import type { EngineResult } from './harness';

jest.setTimeout(60_000);

const input = items('p0');
const continues = { onError: 'continueRegularOutput' as const };
const suspends = { completion: 'suspend', options: { timeout: 1 } };
const ways: Array<[string, INodeParameters, object]> = [
	['suspended', suspends, {}],
	['suspended, with Continue', suspends, continues],
	['polled, with Continue', {}, continues],
];

/** What the rows of an execution say of images that are missing. */
const said = ({ items: rows }: EngineResult) =>
	rows.flatMap(({ json: { details, failure } }) => {
		const words = details ?? failure ?? null;
		return words === null ? [] : JSON.stringify(words);
	});

const pictures = ({ items: rows }: EngineResult) =>
	rows.filter(({ binary }) => binary?.data).length;

afterEach(() => void jest.restoreAllMocks());

describe('a run of which an image is missing in the output', () => {
	it.each(ways)(
		'goes to the next execution, which outputs all of it: %s',
		async (_way, parameters, settings) => {
			const api = new CountingApi((run) => void (run.images = 2));
			breakStore(1);
			const first = await execute({ input, settings }, parameters);
			expect([first.run.status, pictures(first)]).toEqual(['success', 1]);
			const again = await execute({ input, settings }, parameters);
			expect([pictures(again), api.runs.length]).toEqual([2, 1]);
			expect(new Set(idsOf(again))).toEqual(new Set([api.runs[0]?.id]));
			await execute({ input, settings }, parameters);
			expect(api.runs).toHaveLength(2);
		},
	);

	it.each(ways)(
		'goes to one execution after the other until all of it is out: %s',
		async (_way, parameters, settings) => {
			const api = new CountingApi((run) => void (run.images = 2));
			breakStore(1, 3);
			for (let tries = 0; tries < 2; tries++) {
				expect(pictures(await execute({ input, settings }, parameters))).toBe(1);
			}
			expect(pictures(await execute({ input, settings }, parameters))).toBe(2);
			expect(api.runs).toHaveLength(1);
		},
	);

	it('goes to the next execution where none could be downloaded after a suspension', async () => {
		const api = new CountingApi();
		api.missingFiles = Infinity;
		const first = await execute({ input }, suspends);
		expect(first.items[0]?.json.failure).toMatchObject({ code: 'DOWNLOAD_FAILED' });
		api.missingFiles = 0;
		const again = await execute({ input }, suspends);
		expect([pictures(again), api.runs.length]).toEqual([1, 1]);
		expect(again.hints.join()).toContain('taken up from an earlier execution');
	});

	it('is not offered where it failed, so that the next execution makes another', async () => {
		const api = new CountingApi((run) => void (run.status = 'failed'));
		await execute({ input, settings: continues }, suspends);
		await execute({ input, settings: continues }, suspends);
		expect(api.runs).toHaveLength(2);
	});

	it('goes to the next execution from a suspended node that took it up and failed because of another', async () => {
		const api = new CountingApi((run) => {
			run.status = run.prompt === 'bad' ? 'failed' : 'succeeded';
		});
		await execute({ input: items('p0', 'bad') }, suspends);
		await execute({ input: items('p0', 'bad') }, suspends);
		await execute({ input: items('p0') }, suspends);
		expect(api.runs.filter(({ prompt }) => prompt === 'p0')).toHaveLength(1);
	});
});

describe('what a row says of an image that is missing', () => {
	it.each(ways)(
		'is to execute the workflow again or to read the run, since n8n retries no execution that succeeded: %s',
		async (_way, parameters, settings) => {
			new CountingApi((run) => void (run.images = 2));
			breakStore(1);
			const [words] = said(await execute({ input, settings }, parameters));
			expect(words).toContain('xecute the workflow again');
			expect(words).not.toMatch(/retry this execution/i);
		},
	);

	it.each([
		['a run that is pending at the deadline', 'running', {}],
		['a run that failed', 'failed', {}],
		['a run that was cancelled', 'cancelled', {}],
	])('is no advice to retry: %s', async (_what, status) => {
		new CountingApi((run) => void (run.status = status));
		const late = { options: { pollInterval: 0.1, timeout: 0.3 } };
		const [words] = said(await execute({ input, settings: continues }, late));
		expect(words).toContain('xecute the workflow again');
		expect(words).not.toMatch(/retry this execution/i);
	});
});
