import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import {
	createRunExecutionData,
	type IBinaryData,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type IRunExecutionData,
} from 'n8n-workflow';
import nock from 'nock';

import { succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, runWorkflow, type EngineOptions } from './harness';
import { goldenWorkflow } from './workflows';

const storage = 'https://storage.test';

/** Binary data as a node outputs it where n8n keeps it in memory. */
const file = (name: string, more: Partial<IBinaryData> = {}): IBinaryData => ({
	data: Buffer.from(gif(name)).toString('base64'),
	mimeType: 'image/png',
	fileName: name,
	...more,
});

/** The same where n8n keeps it on disk. */
async function storedFile(name: string): Promise<IBinaryData> {
	const service = Container.get(BinaryDataService);
	await service.init();
	const location = { type: 'execution' as const, workflowId: 'wf1', executionId: '231' };
	return await service.store(location, Buffer.from(gif(name)), file(name));
}

/** Runs edit on one item and returns which files became the images and the mask. */
async function edited(
	parameters: INodeParameters,
	item: Pick<INodeExecutionData, 'binary'> & { json?: object },
	settings: { binaryMode?: 'combined' | 'separate' } = {},
	more: Partial<EngineOptions> = {},
) {
	let sent: unknown;
	const put: string[] = [];
	nock(apiUrl)
		.persist()
		.post('/v1/asset-uploads')
		.reply((_uri, body) => {
			const { filename } = body as { filename: string };
			return [201, { asset_id: filename, upload_url: `${storage}/put/${filename}` }];
		})
		.post(/confirmations$/)
		.reply((uri) => [201, { url: `${storage}/${uri.split('/')[3]}` }])
		.post('/v1/models/openai/gpt-image-2/edit/runs')
		.reply((_uri, body) => {
			sent = (body as { input: unknown }).input;
			return [201, succeededRun];
		});
	nock(storage)
		.persist()
		.put(/^\/put\//)
		.reply((_uri, body) => {
			put.push(String(body));
			return [200];
		});
	const { options, ...fields } = parameters;
	const workflow = goldenWorkflow('generate', {
		operation: 'edit',
		...fields,
		options: { download: false, ...(options as object) },
	});
	const input = [{ ...item, json: { prompt: 'make it night', ...item.json } }];
	const { error } = await runWorkflow(
		{ ...workflow, nodes: [...workflow.nodes, form], settings },
		{ input, ...more },
	);
	const { image_urls, mask_url } = (sent ?? {}) as { image_urls?: string[]; mask_url?: string };
	const nameOf = (url: string) => url.slice(storage.length + 1);
	return {
		error,
		put: put.sort(),
		images: image_urls?.map(nameOf),
		...(mask_url !== undefined && { mask: nameOf(mask_url) }),
	};
}

/** A node that nothing connects to GPT Image 2. */
const form: INode = {
	id: 'form',
	name: 'Form',
	type: 'n8n-nodes-base.manualTrigger',
	typeVersion: 1,
	position: [0, 200],
	parameters: {},
};

/** The state of an execution of one item in which that node has had two runs, and put files out by the second's second output. */
function afterForm(item: INodeExecutionData, output: INodeExecutionData): IRunExecutionData {
	const [start] = goldenWorkflow('generate').nodes;
	if (!start) throw new Error('the workflow has no node');
	const run = { startTime: 0, executionTime: 0, executionIndex: 0, source: [] };
	return createRunExecutionData({
		executionData: {
			nodeExecutionStack: [{ node: start, data: { main: [[item]] }, source: null }],
		},
		resultData: {
			pinData: { [start.name]: [item] },
			runData: {
				[form.name]: [
					{ ...run, data: { main: [[], []] } },
					{ ...run, data: { main: [[], [output]] } },
				],
			},
		},
	});
}

const combined = { binaryMode: 'combined' as const };

describe('the images of edit, from binary data', () => {
	it('are the fields that are named, in their order', async () => {
		const binary = { data: file('d.png'), logo: file('l.png'), other: file('o.png') };
		const result = await edited({ inputBinaryFields: 'logo, data' }, { binary });
		expect(result).toMatchObject({ images: ['l.png', 'd.png'], error: undefined });
		expect(result.put).toEqual([gif('d.png'), gif('l.png')]);
	});

	it.each([
		["={{ $('Start').item.binary.logo }}", ['l.png']],
		["={{ Object.values($('Start').item.binary) }}", ['d.png', 'l.png']],
		["={{ ['logo', $('Start').first().binary.data] }}", ['l.png', 'd.png']],
	])('are what the expression %s yields', async (inputBinaryFields, images) => {
		const binary = { data: file('d.png'), logo: file('l.png') };
		expect(await edited({ inputBinaryFields }, { binary })).toMatchObject({
			images,
			error: undefined,
		});
	});

	it('are read from the disk where an expression yields only where they are kept', async () => {
		const binary = { data: await storedFile('disk.png') };
		expect(binary.data.id).toMatch(/^filesystem/);
		const result = await edited({ inputBinaryFields: '={{ $binary.data }}' }, { binary });
		expect(result).toMatchObject({ images: ['disk.png'], put: [gif('disk.png')] });
	});

	it.each([
		['data', ['d.png']],
		['_files.data', ['d.png']],
		['data, _files.logo, photos.1', ['d.png', 'l.png', 'p1.png']],
		['={{ $json._files.logo }}', ['l.png']],
		['={{ $json.photos }}', ['p0.png', 'p1.png']],
	])(
		"are found as %s where the workflow's binary data is part of the JSON",
		async (inputBinaryFields, images) => {
			const json = {
				_files: { data: file('d.png'), logo: file('l.png') },
				photos: [file('p0.png'), file('p1.png')],
			};
			expect(await edited({ inputBinaryFields }, { json }, combined)).toMatchObject({
				images,
				error: undefined,
			});
		},
	);

	it('are found beside the JSON where n8n left them there', async () => {
		const binary = { data: file('d.png') };
		expect(await edited({}, { binary }, combined)).toMatchObject({ images: ['d.png'] });
	});
});

describe('the mask of edit, from binary data', () => {
	it.each([
		['mask', {}],
		["={{ $('Start').item.binary.mask }}", {}],
		['mask', combined],
		['_files.mask', combined],
		['={{ $json._files.mask }}', combined],
	])('is found as %s with the settings %j', async (maskBinaryField, settings) => {
		const files = { data: file('d.png'), mask: file('m.png') };
		const item = 'binaryMode' in settings ? { json: { _files: files } } : { binary: files };
		const result = await edited({ options: { maskBinaryField } }, item, settings);
		expect(result).toMatchObject({ images: ['d.png'], mask: 'm.png', error: undefined });
	});
});

describe("the file of another execution, whose id stands in the item's JSON", () => {
	it.each([
		['={{ $json.photo }}', {}],
		["={{ $('Start').item.json.photo }}", {}],
		['={{ $json._files.photo }}', {}],
		['={{ $json.photo }}', combined],
		['photo', combined],
	])('is not read for the field %s with the settings %j', async (inputBinaryFields, settings) => {
		const photo = await storedFile('secret.png');
		const json = { photo, ...(!('binaryMode' in settings) && { _files: { photo } }) };
		const binary = { data: await storedFile('d.png') };
		const { error, put } = await edited({ inputBinaryFields }, { json, binary }, settings);
		expect(error?.message).toContain('which no node of this execution has put out');
		expect(error?.description).toContain('Nothing was sent to Runflow for this item.');
		expect(put).toEqual([]);
	});
});

describe("the file in a node's output", () => {
	const expression = "={{ $('Start').item.binary.logo }}";

	it('is read where an expression yields it', async () => {
		const binary = { data: await storedFile('d.png'), logo: await storedFile('l.png') };
		const result = await edited({ inputBinaryFields: expression }, { binary });
		expect(result).toMatchObject({ images: ['l.png'], error: undefined });
	});

	it.each(['={{ $json._files.photo }}', '={{ $json.photo }}', 'photo'])(
		"is read as %s where the workflow's binary data is part of the JSON",
		async (inputBinaryFields) => {
			const photo = await storedFile('p.png');
			const result = await edited(
				{ inputBinaryFields },
				{ json: { photo, _files: { photo } } },
				combined,
			);
			expect(result).toMatchObject({ images: ['p.png'], error: undefined });
		},
	);

	it('is read where it came with another item', async () => {
		const items = [await storedFile('d.png'), await storedFile('o.png')].map((data) => ({
			json: { prompt: 'make it night' },
			binary: { data },
		}));
		const inputBinaryFields = "={{ $('Start').last().binary.data }}";
		const { error, put } = await edited({ inputBinaryFields }, {}, {}, { input: items });
		expect([error, put]).toEqual([undefined, [gif('o.png')]]);
	});

	it('is read where no connection leads from that node to this one, as with tools', async () => {
		const binary = { data: await storedFile('f.png') };
		const resume = afterForm({ json: { prompt: 'make it night' } }, { json: {}, binary });
		const inputBinaryFields = "={{ $('Form').last(1, 1).binary.data }}";
		const { error, put } = await edited({ inputBinaryFields }, {}, {}, { resume });
		expect([error, put]).toEqual([undefined, [gif('f.png')]]);
	});
});

describe('an image as large as Runflow takes', () => {
	it('is not refused for its size', async () => {
		const binary = { data: file('a.png', { bytes: 52_428_800 }) };
		const { error } = await edited({}, { binary });
		expect(error?.message ?? '').not.toContain('larger than 50 MiB');
	});
});

describe('binary data that is no image to edit', () => {
	const expression = "={{ $('Start').item.binary.data }}";

	it.each([
		[{}, { logo: file('l.png') }, {}, 'no such binary field', "It has 'logo'."],
		[{}, { logo: file('l.png') }, combined, 'no such binary field', "It has 'logo'."],
		[{}, {}, combined, 'no such binary field', 'It has no binary data at all.'],
		[
			{ inputBinaryFields: expression },
			{ data: file('a.png', { data: Buffer.from('<!doctype html>').toString('base64') }) },
			{},
			"'Input Data Field Name' yields 'a.png', which is not an image",
			'Runflow edits images only.',
		],
		[
			{ inputBinaryFields: expression },
			{ data: file('a.png', { bytes: 52_428_801 }) },
			{},
			"'Input Data Field Name' yields 'a.png', which is larger than 50 MiB",
			'Make the image smaller first.',
		],
		[
			{ options: { maskBinaryField: '={{ $json.prompt.length }}' } },
			{ data: file('a.png') },
			{},
			"'Mask Data Field Name' names '13', and the item has no such binary field",
			"It has 'data'.",
		],
		[
			{ inputBinaryFields: '={{ $binary.data }}' },
			{ data: file('a.png') },
			{},
			"'Input Data Field Name' yields 'a.png' without its content",
			'Enter the name of the binary field instead of an expression.',
		],
		[
			{ inputBinaryFields: '={{ [] }}' },
			{ data: file('a.png') },
			{},
			"'Input Data Field Name' must not be empty",
			'Name the binary field that holds the image.',
		],
	])('as %j with %j is refused before anything is sent', async (...row) => {
		const [parameters, files, settings, message, advice] = row;
		const item = 'binaryMode' in settings ? { json: { _files: files } } : { binary: files };
		const { error, images, put } = await edited(parameters as INodeParameters, item, settings);
		expect(error?.message).toContain(message);
		expect(error?.description).toContain(advice);
		expect([images, put]).toEqual([undefined, []]);
	});
});
