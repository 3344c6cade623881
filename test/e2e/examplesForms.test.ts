import sharp from 'sharp';

import { readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { downloadsOf, linksOf, picturesOf, Visitor } from './forms';
import { expectSuccess, useSimulator } from './support';
import { describeWith } from './versions';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 1500 });

const formAt = (path: string) => `${process.env.E2E_N8N_URL}/form/${path}`;

async function publish(name: string): Promise<void> {
	await client.activate(await client.createWorkflow(readExample(name), credentialId));
}

async function photo(name: string, colour: string): Promise<File> {
	const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: colour } });
	return new File([await picture.png().toBuffer()], name, { type: 'image/png' });
}

describeWith('the nodes of the examples').each([
	['answer-a-form-with-a-picture', 'order-a-picture', 'running'],
	['answer-a-form-while-suspended', 'order-a-picture-suspended', 'waiting'],
])('the example %s', (name, path, meanwhile) => {
	beforeAll(async () => await publish(name));

	it('shows the picture on its last page, and downloads it', async () => {
		const visitor = await Visitor.submit(formAt(path), ['a red kite', 'Story']);
		const statuses = new Set<string>();
		while (!statuses.has('form-waiting')) statuses.add(await visitor.status());
		expect([...statuses]).toContain(meanwhile);

		const page = await visitor.nextPage();
		expect(page).toContain('Here is your picture');
		expect(simulator.runs.map(({ request }) => request.input)).toMatchObject([
			{ prompt: 'a red kite', image_size: 'portrait_16_9', output_format: 'jpeg' },
		]);
		const [shown] = picturesOf(page);
		const [download] = downloadsOf(page);
		const file = await fetch(shown ?? '');
		expect(Buffer.from(await file.arrayBuffer())).toEqual(download?.bytes);
		expect(download?.fileName).toBe(`red-kite-${simulator.runs[0]?.id.slice(-4)}.jpg`);

		await visitor.submit();
		expectSuccess(await client.finished(visitor.executionId));

		const { callback_url: resumeUrl } = simulator.runs[0]?.request ?? {};
		if (resumeUrl === undefined) return;
		const late = await fetch(resumeUrl, { method: 'POST' });
		// What n8n answers for an execution that has ended, by its version.
		expect([409, 500]).toContain(late.status);
	});

	it('asks for other words when the prompt is refused, with a link back', async () => {
		simulator.misbehave({ do: 'refuse-prompt' });
		const visitor = await Visitor.submit(formAt(path), ['a red kite', 'Square']);
		const page = await visitor.nextPage();
		expect(page).toContain('Please describe it differently');
		const [link] = linksOf(page);
		expect(new URL(link ?? '', formAt('waiting')).href).toBe(formAt(path));
	});

	it.each([
		['the run fails', () => simulator.misbehave({ do: 'end-run', status: 'failed' })],
		['the run is refused', () => simulator.misbehave({ do: 'refuse-create', status: 402 })],
	])('apologizes without details when %s, and reports the reason', async (_why, misbehave) => {
		misbehave();
		const visitor = await Visitor.submit(formAt(path), ['a red kite', 'Square']);
		const page = await visitor.nextPage();
		expect(page).toContain('That did not work');
		expect(page).not.toMatch(/credit|provider/);
		await visitor.submit();
		const { status, data } = await client.finished(visitor.executionId);
		expect(status).toBe('error');
		expect(data.resultData.lastNodeExecuted).toBe('Report the failure');
		expect(data.resultData.error?.message).toMatch(/credit|did not deliver/);
	});
});

describeWith('the nodes of the examples')('the example pick-the-best-of-four-drafts', () => {
	beforeAll(async () => await publish('pick-the-best-of-four-drafts'));

	const order = async () => await Visitor.submit(formAt('pick-a-draft'), ['a red kite', 'Wide']);

	it('shows four drafts, and makes the chosen one again in high quality', async () => {
		const visitor = await order();
		const drafts = picturesOf(await visitor.nextPage());
		expect(drafts).toHaveLength(4);
		await visitor.submit(['', '["Draft 3"]', 'Warmer light']);

		const [download] = downloadsOf(await visitor.nextPage());
		const [draft, final] = simulator.runs.map(({ request }) => request.input);
		expect(draft).toMatchObject({ quality: 'low', num_images: 4, image_size: 'landscape_16_9' });
		expect(final).toMatchObject({ quality: 'high', num_images: 1 });
		expect(final?.prompt).toContain('Warmer light');
		const [edited] = final?.image_urls as string[];
		expect(new URL(edited ?? '').pathname).toBe(new URL(drafts[2] ?? '').pathname);
		expect(download?.bytes.length).toBeGreaterThan(0);
		expect(simulator.runs).toHaveLength(2);
		await visitor.submit();
		expectSuccess(await client.finished(visitor.executionId));
	});

	it('apologizes when the chosen draft fails to be made again', async () => {
		const visitor = await order();
		await visitor.nextPage();
		simulator.misbehave({ do: 'end-run', status: 'failed' });
		await visitor.submit(['', '["Draft 1"]', '']);
		expect(await visitor.nextPage()).toContain('That did not work');
	});

	it('shows the drafts two by two, each as a link to itself', async () => {
		const page = await (await order()).nextPage();
		const rows = page.split('<tr>').slice(1);
		expect(rows.map((row) => picturesOf(row).length)).toEqual([2, 2]);
		expect(linksOf(page)).toEqual(picturesOf(page));
	});

	it('pays for nothing more, and leads back to the form, when none of them is good', async () => {
		const visitor = await order();
		await visitor.nextPage();
		await visitor.submit(['', '["None of these"]', '']);
		const page = await visitor.nextPage();
		expect(page).toContain('Nothing more was drawn');
		const [link] = linksOf(page);
		expect(new URL(link ?? '', formAt('waiting')).href).toBe(formAt('pick-a-draft'));
		await visitor.submit();
		expectSuccess(await client.finished(visitor.executionId));
		expect(simulator.runs).toHaveLength(1);
	});

	it('pays for nothing more when the choice is none of the drafts', async () => {
		const visitor = await order();
		await visitor.nextPage();
		await visitor.submit(['', '["Draft 0"]', '']);
		expect(await visitor.nextPage()).toContain('That did not work');
		expect(simulator.runs).toHaveLength(1);
	});
});

describeWith('the nodes of the examples')(
	'the example edit-product-photos-with-a-brand-reference',
	() => {
		beforeAll(async () => await publish('edit-product-photos-with-a-brand-reference'));

		const colours = ['red', 'green', 'blue'];

		async function upload(nameOf = (colour: string) => `${colour} mug.png`): Promise<Visitor> {
			const photos = await Promise.all(
				colours.map(async (colour) => await photo(nameOf(colour), colour)),
			);
			const brand = await photo('brand.png', 'gold');
			return await Visitor.submit(formAt('restyle-product-photos'), [photos, [brand], 'no props']);
		}

		it('restyles each photo, and uploads the brand picture once', async () => {
			const visitor = await upload();
			const page = await visitor.nextPage();
			expect(page).toContain('3 of 3 photos are ready');
			expect(picturesOf(page)).toHaveLength(3);
			expect(linksOf(page)).toEqual(picturesOf(page));
			const [zip] = downloadsOf(page);
			expect(zip?.fileName).toBe('restyled-photos.zip');
			for (const colour of colours)
				expect(zip?.bytes.includes(`${colour} mug-restyled.jpg`)).toBe(true);

			expect(simulator.runs).toHaveLength(3);
			expect(simulator.assets.map(({ fileName }) => fileName).sort()).toEqual([
				'blue mug.png',
				'brand.png',
				'green mug.png',
				'red mug.png',
			]);
			for (const { request } of simulator.runs) expect(request.input.image_urls).toHaveLength(2);
		});

		it('packs every photo, though all have the same name', async () => {
			const visitor = await upload(() => 'image.png');
			const [zip] = downloadsOf(await visitor.nextPage());
			for (const name of ['image-restyled.jpg', 'image-restyled (2).jpg', 'image-restyled (3).jpg'])
				expect(zip?.bytes.includes(name)).toBe(true);
		});

		it('hands over the others when one photo fails', async () => {
			simulator.misbehave({ do: 'end-run', status: 'failed' });
			const page = await (await upload()).nextPage();
			expect(page).toContain('2 of 3 photos are ready');
			expect(picturesOf(page)).toHaveLength(2);
		});

		it('apologizes when all photos fail, and reports the reason', async () => {
			simulator.misbehave({ do: 'end-run', status: 'failed', times: 3 });
			const visitor = await upload();
			expect(await visitor.nextPage()).toContain('That did not work');
			await visitor.submit();
			const { data } = await client.finished(visitor.executionId);
			expect(data.resultData.error?.message).toContain('did not deliver');
		});
	},
);
