import type { IDataObject, INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { succeededRun, runId } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const assignment = (name: string, value: string) => ({ id: name, name, value, type: 'string' });

/** Runs generate with these fields and options, and returns the body that was sent. */
async function sent(fields: INodeParameters, json: IDataObject = {}) {
	let body: Record<string, unknown> | null = null;
	nock(apiUrl)
		.post('/v1/models/openai/gpt-image-2/runs', (received: Record<string, unknown>) => {
			body = received;
			return true;
		})
		.reply(201, succeededRun);
	const { options, ...others } = fields;
	const parameters = {
		prompt: 'a sign',
		...others,
		options: { download: false, ...Object(options) },
	};
	const { error } = await runWorkflow(goldenWorkflow('generate', parameters), {
		input: [{ json }],
	});
	return { body, input: Object(body?.['input']) as Record<string, unknown>, error };
}

describe('half an emoji, as cutting a text leaves it,', () => {
	it('is replaced before anything is sent, wherever it stands', async () => {
		const half = 'a cat \ud83d';
		const { body, error } = await sent(
			{
				prompt: '={{ $json.half }}',
				options: {
					additionalInput: '={{ ({ style: $json.half, deep: [{ [$json.half]: 1 }] }) }}',
					clientRef: '={{ $json.half }}',
					metadata: { assignments: [assignment('title', '={{ $json.half }}')] },
				},
			},
			{ half },
		);
		expect(error).toBeUndefined();
		expect(body).toMatchObject({
			input: { prompt: 'a cat \ufffd', style: 'a cat \ufffd', deep: [{ 'a cat \ufffd': 1 }] },
			client_ref: 'a cat \ufffd',
			metadata: { title: 'a cat \ufffd' },
		});
	});

	it('is replaced in JSON that was written as text', async () => {
		const { input } = await sent({ options: { additionalInput: '{"style":"cat \\ud83d"}' } });
		expect(input).toMatchObject({ style: 'cat \ufffd' });
	});

	it('is told from a whole one', async () => {
		expect((await sent({ prompt: 'a cat 🐈' })).input).toMatchObject({ prompt: 'a cat 🐈' });
	});
});

describe('what an expression yields in another type', () => {
	it('is taken where it is unmistakable', async () => {
		const { error, input } = await sent(
			{
				prompt: '={{ 5 }}',
				imageSize: 'custom',
				width: "={{ '1024' }}",
				height: "={{ ' 1024 ' }}",
				numImages: "={{ '4' }}",
				syncMode: "={{ 'false' }}",
				options: {
					concurrency: "={{ '2' }}",
					includeRun: "={{ 'TRUE' }}",
					timeout: "={{ '600.5' }}",
				},
			},
			{},
		);
		expect(error).toBeUndefined();
		expect(input).toMatchObject({
			prompt: '5',
			image_size: { width: 1024, height: 1024 },
			num_images: 4,
			sync_mode: false,
		});
	});

	it.each([
		[{ numImages: "={{ 'four' }}" }, "'Number of Images' must be a number"],
		[{ numImages: "={{ '' }}" }, "'Number of Images' must be a number"],
		[{ numImages: '={{ [4] }}' }, "'Number of Images' must be a number"],
		[{ numImages: "={{ '1.5' }}" }, "'Number of Images' must be a whole number"],
		[{ prompt: '={{ true }}' }, "'Prompt' must be text"],
		[{ prompt: "={{ ['a', 'b'] }}" }, "'Prompt' must be text"],
		[{ quality: '={{ 5 }}' }, "'Quality' must be one of low, medium, high"],
		[{ syncMode: "={{ 'maybe' }}" }, "'Sync Mode' must be true or false"],
		[{ options: { includeRun: "={{ 'maybe' }}" } }, "'Include Run' must be true or false"],
		[{ options: { binaryField: '={{ [] }}' } }, "'Output Data Field Name' must be text"],
		[{ options: { fileName: '={{ ["a"] }}' } }, "'File Name' must be text"],
		[{ options: { additionalInput: '={{ [1] }}' } }, "'Additional Input' must be a"],
	])('is refused in plain words where it is not: %j', async (fields, message) => {
		const { body, error } = await sent(fields);
		expect(error?.message).toContain(message);
		expect(`${error?.message} ${error?.description}`).not.toMatch(
			/expected|received|invalid input/i,
		);
		expect(body).toBeNull();
	});
});

describe('the remains of a broken expression', () => {
	it.each([
		[{ prompt: 'A sign for {{ $json.prompt }}' }, 'Prompt'],
		[{ prompt: '=A sign for {{ $json }}' }, 'Prompt'],
		[{ options: { clientRef: '={{ $json }} {{ $json }}' } }, 'Client Reference'],
		[{ options: { additionalInput: '{"style":"{{ $json.style }}"}' } }, 'Additional Input'],
		[
			{ options: { metadata: { assignments: [assignment('title', '{{ $json.a }}')] } } },
			'Metadata',
		],
	])(
		'are refused before anything is sent, naming the expression mode: %j',
		async (fields, label) => {
			const { body, error } = await sent(fields, { prompt: 'x' });
			expect(error?.message).toBe(`'${label}' contains what is left of a broken expression`);
			expect(error?.description).toContain("'Expression'");
			expect(body).toBeNull();
		},
	);

	it('are no braces that a prompt has for themselves', async () => {
		const { input } = await sent({ prompt: 'A poster that says {{name}} for $5' });
		expect(input.prompt).toBe('A poster that says {{name}} for $5');
	});

	it('concern the item that has them, and no other', async () => {
		nock(apiUrl).post(/runs$/).reply(201, succeededRun);
		const workflow = goldenWorkflow(
			'generate',
			{ options: { clientRef: '={{ $json.ref }}', download: false } },
			{ onError: 'continueRegularOutput' },
		);
		const input = ['[object Object]', 'order-17'].map((ref) => ({ json: { prompt: 'p', ref } }));
		const { items } = await runWorkflow(workflow, { input });
		expect(items.map(({ json }) => json.run_id ?? json.error)).toEqual([
			expect.stringContaining("'Client Reference' contains what is left of a broken expression"),
			runId,
		]);
	});
});

describe('an expression that n8n can not evaluate', () => {
	it.each([
		[{ prompt: "={{ $('No Such Node').item.json.prompt }}" }, 0],
		// This one is read once for all items.
		[{ options: { timeout: "={{ $('No Such Node').item.json.seconds }}" } }, undefined],
	])("fails with n8n's own message: %j", async (fields, itemIndex) => {
		const { body, error } = await sent(fields);
		expect(error?.message).toBe("Referenced node doesn't exist");
		expect(error?.context?.itemIndex).toBe(itemIndex);
		expect(body).toBeNull();
	});
});
