import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import nock from 'nock';
import sharp from 'sharp';

import { runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { breakStore } from './binaryStore';
import { bytesOf, credential, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const input = [{ json: { prompt: 'p0' } }];
const continues = { onError: 'continueRegularOutput' as const };
const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
const png = sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal', noise } })
	.png()
	.toBuffer();
/** Leaves time for one repeat. */
const short = { timeout: 2.5 };

type Answer = (response: ServerResponse) => unknown;

/** An API and its storage on loopback; each file is answered as the test says, once for each of its answers and then by the last. */
let files: Record<string, Answer[]> = {};
let requested: string[] = [];
let asked: string[] = [];
let api: Server;
let url = '';

beforeAll(async () => {
	nock.enableNetConnect('127.0.0.1');
	api = createServer((request, response) => {
		const { pathname: path } = new URL(request.url ?? '', url);
		request.resume();
		if (!path.startsWith('/v1/')) {
			requested.push(path);
			const answers = files[path] ?? [];
			return void (answers.length > 1 ? answers.shift() : answers[0])?.(response);
		}
		asked.push(path);
		if (files[path] !== undefined) return void files[path][0]?.(response);
		const outputs = Object.keys(files)
			.filter((file) => !file.startsWith('/v1/'))
			.map((file) => ({ url: `${url}${file}` }));
		const status = request.method === 'POST' && path.includes('/models/') ? 201 : 200;
		response.writeHead(status, { 'content-type': 'application/json' });
		response.end(JSON.stringify({ ...succeededRun, output: { outputs } }));
	});
	await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
beforeEach(() => {
	files = {};
	requested = [];
	asked = [];
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => {
	api.closeAllConnections();
	api.close();
});

const local = () => ({ ...credential, baseUrl: url });
const generate = async (parameters = {}, settings = {}, items = input) =>
	await runWorkflow(goldenWorkflow('generate', parameters, settings), {
		input: items,
		credential: local(),
	});
const get = async (options = {}, settings = {}) =>
	await generate({ resource: 'run', operation: 'get', runId, options }, settings);

const whole: Answer = (response) => response.end(gif('whole'));
const gone: Answer = (response) => response.writeHead(404).end();
const as = (headers: Record<string, string | number>, body: string | Buffer): Answer => {
	return (response) => response.writeHead(200, headers).end(body);
};
/** A byte every 50 ms, forever. */
const drip: Answer = (response) => {
	response.write('GIF89a');
	const timer = setInterval(() => response.write(' '), 50);
	response.on('close', () => clearInterval(timer));
};
const redirect = (place: string): Answer => {
	return (response) => response.writeHead(302, { location: place }).end('elsewhere');
};

describe('a 200 that is no picture', () => {
	it.each([
		[
			'a web page',
			'what came is not an image',
			as({ 'content-type': 'text/html' }, '<!doctype html>'),
		],
		[
			'a web page that says it is one',
			'what came is not an image',
			as({ 'content-type': 'image/png' }, '<html>'),
		],
		['JSON', 'what came is not an image', as({ 'content-type': 'application/json' }, '{}')],
		['nothing', 'what came is not an image', as({ 'content-type': 'image/png' }, '')],
		[
			'no gzip, though it says so',
			'the connection broke',
			as({ 'content-encoding': 'gzip' }, 'garbage'),
		],
		[
			'larger than 200 MB',
			'it is larger than 200 MB',
			(response: ServerResponse) =>
				response.writeHead(200, { 'content-length': 2e8 + 1 }).write('GIF89a'),
		],
	])(
		'is a failed download, which is repeated, and then an error that names the run: %s',
		async (_what, words, answer) => {
			files = { '/a.png': [answer] };
			const { error } = await get(short);
			expect(error?.message).toBe(`Image 1 of run ${runId} could not be downloaded`);
			expect(error?.description).toContain(words);
			expect(requested).toHaveLength(2);
		},
	);

	it.each(['chunked', 'with its length'])('is half of a compressed picture, %s', async (way) => {
		const half = gzipSync(await png).subarray(0, (await png).length / 2);
		const headers = { 'content-encoding': 'gzip' };
		const length = { 'content-length': half.length };
		files = { '/a.png': [as(way === 'chunked' ? headers : { ...headers, ...length }, half)] };
		expect((await get(short)).error?.description).toContain('it was cut off');
	});

	it.each([1, 2])('is 1/%i of a picture whose size nobody says', async (part) => {
		const bytes = (await png).subarray(0, (await png).length / part);
		const head = 'HTTP/1.1 200 OK\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n';
		files = { '/a.png': [({ socket }) => socket?.end(Buffer.concat([Buffer.from(head), bytes]))] };
		const { error, items } = await get(short);
		if (part === 1) expect(await bytesOf(items[0])).toEqual(await png);
		else expect(error?.description).toContain('it was cut off');
	});

	it('is not a whole picture with a line end behind it', async () => {
		const bytes = Buffer.concat([await png, Buffer.from('\n')]);
		const inChunks: Answer = (response) => {
			response.write(bytes.subarray(0, 100));
			response.end(bytes.subarray(100));
		};
		files = { '/a.png': [inChunks] };
		const { error, items } = await get(short);
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toEqual(bytes);
	});

	it('heals with the next try', async () => {
		files = { '/a.png': [as({}, '<html>'), whole] };
		const { error, items } = await get();
		expect(error).toBeUndefined();
		expect((await bytesOf(items[0])).toString()).toBe(gif('whole'));
	});

	it('is not a picture that comes compressed all the same, since identity was asked for', async () => {
		const zipped = gzipSync(await png);
		const headers = { 'content-encoding': 'gzip', 'content-length': zipped.length };
		files = { '/a.png': [as(headers, zipped)] };
		const { error, items } = await get();
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toEqual(await png);
	});

	it('is told from a store that fails before it reads, which repeats nothing', async () => {
		breakStore(1);
		files = { '/a.png': [drip] };
		expect((await get()).error?.description).toContain('no space left on device');
		await sleep(100);
		expect(requested).toHaveLength(1);
	});
});

describe('one of several pictures that is gone', () => {
	const four = () => ({
		'/0.gif': [whole],
		'/1.gif': [gone],
		'/2.gif': [whole],
		'/3.gif': [whole],
	});
	/** Leaves each picture time for one repeat, and a suspension as well. */
	const patient = { timeout: 9 };
	const indexes = (items: Awaited<ReturnType<typeof get>>['items']) =>
		items.map(({ json }) => json.image_index ?? json.error);
	const lost = `Image 2 of run ${runId} could not be downloaded`;

	it.each([
		[
			'generate',
			async (options: object, settings: object) => await generate({ options }, settings),
		],
		['get', get],
		[
			'suspended',
			async (_: object, settings: object) =>
				await generate({ completion: 'suspend', options: patient }, settings),
		],
	])(
		'withholds none of the others where the node continues on errors: %s',
		async (_way, execute) => {
			files = four();
			const { items } = await execute(patient, continues);
			expect(indexes(items)).toEqual([0, 2, 3, lost]);
			expect(
				items.slice(0, 3).every(({ binary, json }) => binary?.data && json.image_count === 4),
			).toBe(true);
			expect(items[3]?.json.details).toMatchObject({ run_id: runId, code: 'DOWNLOAD_FAILED' });
		},
	);

	it('is listed by its URL where a suspended node stops on errors, with why, and the others come with their content', async () => {
		files = four();
		const { items } = await generate({ completion: 'suspend', options: patient });
		expect(indexes(items)).toEqual([0, 2, 3, 1]);
		expect(items.map(({ binary, json }) => [Boolean(binary?.data), json.failure !== null])).toEqual(
			[
				[true, false],
				[true, false],
				[true, false],
				[false, true],
			],
		);
		const options = { ...patient, output: 'perRun' };
		const [row] = (await generate({ completion: 'suspend', options })).items;
		expect(Object.keys(row?.binary ?? {})).toEqual(['data', 'data_2', 'data_3']);
		expect(row?.json).toMatchObject({ failure: { code: 'DOWNLOAD_FAILED' } });
	});
});

describe('a body that never ends', () => {
	it.each(['generate', 'get'])('fails its item at the timeout: %s', async (way) => {
		files = { '/a.gif': [drip] };
		const options = { timeout: 1 };
		const { error } = await (way === 'get' ? get(options) : generate({ options }));
		expect(error?.description).toContain('it took too long');
		expect(error?.context?.run_id).toBe(runId);
	});

	it('withholds no other picture of its run', async () => {
		files = { '/a.gif': [drip], '/b.gif': [whole] };
		const { items } = await generate({ options: { timeout: 1 } }, continues);
		expect(items[0]?.json.image_index).toBe(1);
		expect(items[1]?.json.error).toContain('Image 1');
	});

	it('withholds nothing of a suspension, which resumes before its deadline', async () => {
		files = { '/a.gif': [drip], '/b.gif': [whole] };
		const suspended = { completion: 'suspend', options: { timeout: 4 } };
		const { items } = await generate(suspended);
		expect(items.map(({ json }) => [json.image_index, json.timed_out])).toEqual([
			[1, false],
			[0, false],
		]);
	});

	it('nor an output that never comes, which is read for no longer than there is time', async () => {
		const { items } = await generate({ completion: 'suspend', options: { timeout: 4 } });
		expect(items.map(({ json }) => json)).toMatchObject([{ run_id: runId, image_count: 0 }]);
		const reads = asked.filter((path) => path === `/v1/runs/${runId}`);
		expect(reads.length).toBeLessThanOrEqual(4);
	});

	it('ends an answer of the API as well, whose run is then looked for instead of paid again', async () => {
		let creates = 0;
		files = {
			'/v1/models/openai/gpt-image-2/runs': [
				(response) => {
					creates += 1;
					response.writeHead(201, { 'content-type': 'application/json' });
					drip(response);
				},
			],
			'/v1/runs': [(response) => response.writeHead(403).end('{}')],
		};
		const parameters = { syncMode: true, options: { timeout: 1 } };
		const { error } = await generate(parameters);
		expect(error?.message).toBe('Runflow could not be reached');
		expect(error?.context?.may_be_paid).toBe(true);
		expect(creates).toBe(1);
	});
});

describe('a file that is elsewhere', () => {
	it('is followed over five redirects, and no more', async () => {
		const hops = (count: number) =>
			Object.fromEntries(
				Array.from({ length: count }, (_, hop) => [`/${hop}`, [redirect(`${hop + 1}`)]]),
			);
		const only = async (count: number) => {
			files = { ...hops(count), [`/${count}`]: [whole] };
			return await get({ ...short, imageNumber: 1 });
		};
		expect((await bytesOf((await only(5)).items[0])).toString()).toBe(gif('whole'));
		expect((await only(6)).error?.description).toContain('more than five redirects');
	});
});
