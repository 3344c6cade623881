import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { INode, INodeParameters } from 'n8n-workflow';

import { CountingApi } from './api';
import { runWorkflow, type EngineOptions } from './harness';
import { retry } from './retry';
import { goldenWorkflow } from './workflows';

jest.setTimeout(60_000);

const rows = (...prompts: string[]) => prompts.map((prompt) => ({ json: { prompt, sku: prompt } }));
const fast = { pollInterval: 0.1 };

async function execute(
	parameters: INodeParameters = {},
	{ settings = {}, ...more }: Partial<EngineOptions> & { settings?: Partial<INode> } = {},
) {
	const { options = {}, ...others } = parameters as { options?: object };
	const all = { simplify: true, options: { ...fast, ...options }, ...others };
	const workflow = goldenWorkflow('generate', all, settings);
	return await runWorkflow(workflow, { input: rows('A hen', 'A cow'), ...more });
}

describe('what comes out where it is simplified', () => {
	const always = [
		...['prompt', 'status', 'file_name', 'width', 'height'],
		...['cost', 'url', 'run_id', 'image_index', 'image_count'],
	];

	it('begins with what a person recognises, and has no more', async () => {
		new CountingApi();
		const { items } = await execute();
		expect(items.map(({ json }) => Object.keys(json))).toEqual([always, always]);
		expect(items[0]?.json).toMatchObject({ prompt: 'A hen', status: 'succeeded', cost: 0.133 });
		expect(items[0]?.json.file_name).toMatch(/^hen-[0-9a-f]{4}\.png$/);
	});

	it('is everything where it is not, absent values as null', async () => {
		new CountingApi();
		const { items } = await execute({ simplify: false });
		expect(Object.keys(items[0]?.json ?? {})).toEqual(expect.arrayContaining(always));
		expect(items[0]?.json).toMatchObject({ channel: null, public_url: null, failure: null });
	});

	it('says what else is to be said: that a run was taken up', async () => {
		new CountingApi();
		await execute({ options: { reuse: 1 } });
		const { items } = await execute({ options: { reuse: 1 } }, { executionId: '232' });
		expect(items.map(({ json }) => Object.keys(json))).toEqual(
			Array(2).fill([...always, 'reused']),
		);
	});

	it('has the fields of the input beside it where they are asked for, and its own win', async () => {
		new CountingApi();
		const input = [{ json: { prompt: 'A hen', sku: 'H-1', status: 'todo' } }];
		const { items } = await execute({ options: { includeInputFields: true } }, { input });
		expect(items[0]?.json).toMatchObject({ sku: 'H-1', status: 'succeeded' });
		expect(Object.keys(items[0]?.json ?? {}).slice(0, 10)).toEqual(always);
	});

	it('is not described by what the input says of another picture', async () => {
		new CountingApi();
		const stale = {
			channel: 'x_post',
			reused: true,
			timed_out: true,
			public_url: 'x',
			error: 'old',
		};
		const input = [{ json: { prompt: 'A hen', sku: 'H-1', failure: { code: 'X' }, ...stale } }];
		const { items } = await execute({ options: { includeInputFields: true } }, { input });
		expect(Object.keys(items[0]?.json ?? {})).toEqual([...always, 'sku']);
	});

	it('has the fields of the input in error rows, too', async () => {
		new CountingApi((run) => void (run.status = 'failed'));
		const input = [{ json: { prompt: 'A hen', sku: 'H-1', status: 'todo' } }];
		const settings = { onError: 'continueRegularOutput' } as const;
		for (const completion of ['poll', 'suspend']) {
			const parameters = { completion, options: { includeInputFields: true } };
			const { items } = await execute(parameters, { input, settings });
			expect(items[0]?.json).toMatchObject({ sku: 'H-1', status: 'failed' });
			expect(items[0]?.json.error).toContain('was not made');
		}
	});

	it('comes out even if an option has another value after the payment, which is refused', async () => {
		const api = new CountingApi();
		const publicLink = '={{ Date.now() < $json.until ? 0 : 400 }}';
		const input = [{ json: { prompt: 'A hen', until: Date.now() + 1_500 } }];
		const finishing = setInterval(() => {
			const [run] = api.runs;
			if (run) run.status = 'running';
		}, 10);
		setTimeout(() => {
			clearInterval(finishing);
			for (const run of api.runs) run.status = 'succeeded';
		}, 2_000);
		const { error, items } = await execute({ options: { publicLink } }, { input });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ status: 'succeeded', run_id: api.runs[0]?.id });
	});

	it('gives no two files the same name', async () => {
		const api = new CountingApi((run) => {
			run.id = `0197${run.id.slice(-4)}-2222-7333-8444-0000000000aa`;
		});
		const { items } = await execute({}, { input: rows('A hen', 'The hen', 'Hen') });
		expect(api.runs).toHaveLength(3);
		const names = ['hen-00aa.png', 'hen-00aa-2.png', 'hen-00aa-3.png'];
		expect(items.map(({ json }) => json.file_name)).toEqual(names);
		expect(items.map(({ binary }) => binary?.data?.fileName)).toEqual(names);
	});
});

describe('more sizes of one picture', () => {
	const sizes = ['instagram_post', 'square'];
	const parameters = { imageSize: 'youtube_thumbnail', options: { ...fast, moreSizes: sizes } };

	it('are runs of their own, paired to their item, and say which is which', async () => {
		const api = new CountingApi();
		const { items } = await execute(parameters);
		expect(items.map(({ json, pairedItem }) => [json.prompt, json.channel, pairedItem])).toEqual(
			['A hen', 'A cow'].flatMap((prompt, item) =>
				['youtube_thumbnail', ...sizes].map((channel) => [prompt, channel, { item }]),
			),
		);
		expect(api.runs.map(({ input }) => input.image_size).slice(0, 3)).toEqual([
			{ width: 1280, height: 720 },
			{ width: 1088, height: 1360 },
			'square',
		]);
	});

	it('count for the limit', async () => {
		const api = new CountingApi();
		const { error } = await execute({
			...parameters,
			options: { ...parameters.options, maxImages: 5 },
		});
		expect(error?.message).toBe("The items ask for 6 images, and 'Max Images' allows 5");
		expect(api.runs).toHaveLength(0);
	});

	it('are found again one by one by a retry', async () => {
		const api = new CountingApi((run, tries) =>
			run.prompt === 'A cow' && tries === 3 ? [402, {}] : undefined,
		);
		const failed = await execute(parameters);
		expect(failed.error?.message).toContain('credit');
		expect(api.runs).toHaveLength(5);
		const all = { simplify: true, ...parameters };
		const { error, items } = await retry(failed.run, all);
		expect(error).toBeUndefined();
		expect(items).toHaveLength(6);
		expect(api.runs).toHaveLength(6);
	});

	it('are reused one by one, whatever else is chosen then', async () => {
		const api = new CountingApi();
		const reuse = { ...parameters.options, reuse: 1 };
		await execute({ ...parameters, options: reuse });
		const again = { ...reuse, moreSizes: ['square', 'banner', 'instagram_post'] };
		const { items } = await execute({ ...parameters, options: again }, { executionId: '232' });
		expect(items.filter(({ json }) => json.reused)).toHaveLength(6);
		expect(items).toHaveLength(8);
		expect(api.runs).toHaveLength(8);
	});

	it('are error rows that name their channel where they fail', async () => {
		new CountingApi((run) => {
			if (run.input.image_size === 'square') run.status = 'failed';
		});
		const settings = { onError: 'continueRegularOutput' } as const;
		const { items } = await execute(parameters, { settings });
		const failed = items.filter(({ json }) => json.error !== undefined);
		expect(failed.map(({ json }) => [json.prompt, json.channel])).toEqual([
			['A hen', 'square'],
			['A cow', 'square'],
		]);
	});

	it('are one picture where an expression names a size twice', async () => {
		const api = new CountingApi();
		const { items } = await execute({ options: { ...fast, moreSizes: ['banner', 'banner'] } });
		expect(items).toHaveLength(4);
		expect(api.runs).toHaveLength(4);
	});

	it('are no further pictures where they are the size that the item has anyway', async () => {
		const api = new CountingApi();
		const options = { ...fast, moreSizes: ['square'] };
		await execute({ imageSize: 'square', options });
		expect(api.runs).toHaveLength(2);
	});
});

describe('a prompt that is refused', () => {
	const refuse = () =>
		new CountingApi((run) => {
			if (run.prompt === 'A cow') run.status = 'failed';
			run.failure = { failure_code: 'content_policy_violation', failure_message: 'Not allowed.' };
		});

	it('names the picture, and what to do', async () => {
		const api = refuse();
		const { error } = await execute();
		expect(error?.message).toBe('Picture 2 of 2 ("A cow") was not made: its prompt was refused');
		expect(error?.description).toContain('sending the same again will not help');
		expect(error?.description).toContain(`Run: ${api.runs[1]?.id}.`);
		expect(error?.context?.code).toBe('PROMPT_REFUSED');
	});

	it('is a row that says so, with what a row of a picture begins with', async () => {
		const api = refuse();
		const { items } = await execute({}, { settings: { onError: 'continueRegularOutput' } });
		expect(items[1]?.json).toMatchObject({
			prompt: 'A cow',
			status: 'failed',
			run_id: api.runs[1]?.id,
			details: { code: 'PROMPT_REFUSED', failure: { code: 'content_policy_violation' } },
		});
	});

	it('is not tried again by Retry On Fail, but by whoever retries the execution', async () => {
		const api = refuse();
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
		const { run } = await execute({}, { settings });
		expect(api.runs).toHaveLength(2);
		await retry(run, { simplify: true, options: fast }, settings);
		expect(api.runs).toHaveLength(3);
	});
});

describe('a public link', () => {
	it('is refused before anything is paid for where nothing is downloaded', async () => {
		const api = new CountingApi();
		const { error } = await execute({ options: { publicLink: 7, download: false } });
		expect(error?.message).toBe("'Public Link (Days)' needs 'Download'");
		expect(api.runs).toHaveLength(0);
	});

	it('leads to the picture that n8n has stored', async () => {
		new CountingApi();
		const { items } = await execute({ options: { publicLink: 7 } });
		for (const { binary, json } of items) {
			expect(json.public_url).toContain('/binary-data/signed?token=');
			const [, payload = ''] = String(json.public_url).split('token=')[1]?.split('.') ?? [];
			const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
			expect(claims).toMatchObject({ id: binary?.data?.id });
		}
	});

	it('is refused before anything is paid for where n8n keeps binary data in memory', async () => {
		const api = new CountingApi();
		const service = Container.get(BinaryDataService);
		jest.spyOn(service, 'store').mockImplementation(async (_place, _content, binary) => binary);
		const { error } = await execute({ options: { publicLink: 7 } });
		expect(error?.message).toContain('in memory');
		expect(api.runs).toHaveLength(0);
	});
});
