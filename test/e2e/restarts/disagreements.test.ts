import type { IDataObject } from 'n8n-workflow';

import type { RunningN8n } from '../../../scripts/n8n/process';
import type { Settings } from '../../../simulator/options';
import { crashTogether, paidFor, runIds, type Crashed } from './crashes';
import { drawing, expectSuccess, goldenWorkflow, itemsOf } from '../support';

jest.setTimeout(120_000);

const own = { options: { clientRef: 'order-17' } };
const two = ['a fox', 'a hen'].map((prompt) => ({ prompt }));
const three = [...two, { prompt: 'an owl' }];

/** What Runflow may make of an input that it stores, all at once. */
const itsOwnWay: Partial<Settings> = {
	plainTexts: true,
	numbersAsText: true,
	omitsDefaults: true,
	addsFields: true,
	showsReferences: true,
};
const rough = ['  a fox ', 'a cafe\u0301\r\nat night', '\tan owl\r\r'].map((prompt) => ({
	prompt,
}));
const sized = { imageSize: 'custom', width: 1024, height: 640, numImages: 2 };

const url = { operation: 'edit', inputSource: 'url', inputUrls: '={{ $json.url }}' };
const pixel = (byte: number) => `data:image/png;base64,${Buffer.from([byte]).toString('base64')}`;
const inline = two.map((item, index) => ({ ...item, url: pixel(index) }));
const sameWords = ['a', 'b', 'c'].map((name) => ({
	prompt: 'make it night',
	url: `https://example.com/${name}.png`,
}));

const chain = goldenWorkflow('edit-and-find');
const { Start, Generate } = chain.connections;
const edited = {
	...chain,
	nodes: chain.nodes.filter(({ name }) => ['Start', 'Generate', 'Edit'].includes(name)),
	connections: { ...(Start && { Start }), ...(Generate && { Generate }) },
	settings: { saveExecutionProgress: true },
};

const dying = {
	stored: { workflow: drawing(rough, sized), runs: 3, settings: itsOwnWay },
	storedOwn: { workflow: drawing(rough, { ...sized, ...own }), runs: 3, settings: itsOwnWay },
	inline: { workflow: drawing(inline, url), runs: 2, settings: itsOwnWay },
	inlineOwn: { workflow: drawing(inline, { ...url, ...own }), runs: 2, settings: itsOwnWay },
	upload: {
		workflow: edited,
		runs: 2,
		settings: itsOwnWay,
		prepare: (simulator: Crashed['simulator']) =>
			simulator.misbehave({ do: 'time-run', milliseconds: 100, match: 'noon' }),
	},
	relative: { workflow: drawing(three), runs: 3 },
	opaque: { workflow: drawing(three), runs: 3 },
	refused: { workflow: drawing(two), runs: 2 },
	refusedLater: { workflow: drawing(two), runs: 2 },
	refusedOwn: { workflow: drawing(three, own), runs: 3 },
	refusedLaterOwn: { workflow: drawing(three, own), runs: 3 },
	brief: { workflow: drawing(three, own), runs: 3 },
	unnamed: { workflow: drawing(three), runs: 3 },
	unnamedOwn: { workflow: drawing(three, own), runs: 3 },
	unknown: { workflow: drawing(two), runs: 2 },
	unknownUnnamed: { workflow: drawing(two), runs: 2 },
	sameWords: { workflow: drawing(sameWords, { ...url, ...own }), runs: 3 },
};
type Case = keyof typeof dying;

let n8n: RunningN8n;
let crashed: Map<Case, Crashed>;

beforeAll(async () => {
	({ n8n, crashed } = await crashTogether<Case>(dying));
}, 240_000);

afterAll(async () => {
	await n8n.stop();
	for (const { simulator } of crashed.values()) await simulator.close();
});

/** The execution of that name, and its Runflow, which answers like this from now on. */
function crashedWith(name: Case, settings: Partial<Settings> = {}): Crashed {
	const found = crashed.get(name);
	if (found === undefined) throw new Error(`nothing crashed as ${name}`);
	Object.assign(found.simulator.settings, settings);
	return found;
}

/** Expects that a Retry gives each item the run that it had, with its picture, and pays for nothing. */
async function expectTakenUp(name: Case, items: IDataObject[], settings?: Partial<Settings>) {
	const one = crashedWith(name, settings);
	const paid = paidFor(one, items);
	expect(new Set(paid).size).toBe(items.length);
	const retried = await n8n.client.retry(one.executionId);
	expectSuccess(retried);
	expect(runIds(retried)).toEqual(paid);
	expect(itemsOf(retried).every(({ binary }) => binary?.data !== undefined)).toBe(true);
	expect(one.simulator.runs).toHaveLength(items.length);
	return one;
}

/** Expects that a Retry fails before it pays, says what to do, and goes on once the list is whole. */
async function expectUnknown(name: Case, items: IDataObject[], settings: Partial<Settings>) {
	const one = crashedWith(name, settings);
	const retried = await n8n.client.retry(one.executionId);
	expect(retried.status).toBe('error');
	expect(retried.data.resultData.error).toMatchObject({
		message: expect.stringContaining('can not tell which runs are already paid for'),
		description: expect.stringMatching(/HTTP 403.*scope runs:read, then retry again/),
		context: { code: 'RUNS_UNKNOWN' },
	});
	expect(one.simulator.runs).toHaveLength(items.length);
	Object.assign(one.simulator.settings, { refusePagesFrom: null });
	const again = await n8n.client.retry(retried.id);
	expectSuccess(again);
	expect(runIds(again)).toEqual(paidFor(one, items));
	expect(one.simulator.runs).toHaveLength(items.length);
}

describe('a Retry of a crashed execution on a real n8n pays for nothing twice', () => {
	it.each<[string, Case, IDataObject[]]>([
		['a reference that the node made', 'stored', rough],
		["a reference of the user's own", 'storedOwn', rough],
		['a reference that the node made, with images as data URIs', 'inline', inline],
		["a reference of the user's own, with images as data URIs", 'inlineOwn', inline],
	])('where Runflow stored the input in its own way, under %s', async (_name, name, items) => {
		await expectTakenUp(name, items);
	});

	it('where an uploaded image became a reference, and uploads none again', async () => {
		const { executionId, simulator } = crashedWith('upload');
		const retried = await n8n.client.retry(executionId);
		expectSuccess(retried);
		expect(runIds(retried, 'Edit')).toEqual([simulator.runs[1]?.id]);
		expect(simulator.runs).toHaveLength(2);
		expect(simulator.assets).toHaveLength(1);
	});

	it.each<[string, Case, Partial<Settings>]>([
		['relative URLs', 'relative', { pageSize: 1, nextPage: 'relative' }],
		['opaque cursors', 'opaque', { pageSize: 1, nextPage: 'opaque' }],
	])('where the list names its pages by %s', async (_name, name, settings) => {
		const { simulator } = await expectTakenUp(name, three, settings);
		expect(simulator.requests['GET /v1/runs']).toBeGreaterThanOrEqual(3);
	});

	it.each<[string, Case, Partial<Settings>]>([
		['the list', 'refused', { refusePagesFrom: 1 }],
		['its second page', 'refusedLater', { pageSize: 1, refusePagesFrom: 2 }],
	])('but fails and says what to do where %s is refused', async (_name, name, settings) => {
		await expectUnknown(name, two, settings);
	});

	it.each<[string, Case, Partial<Settings>]>([
		['the list', 'refusedOwn', { refusePagesFrom: 1 }],
		['its second page', 'refusedLaterOwn', { pageSize: 1, refusePagesFrom: 2 }],
	])("and asks for the user's own reference where %s is refused", async (_name, name, settings) => {
		await expectTakenUp(name, three, settings);
	});

	it.each<[string, Case, string[]]>([
		["no input, and three items share a reference of the user's own", 'brief', ['input']],
		['no references', 'unnamed', ['client_ref']],
		["no references, not even the user's own", 'unnamedOwn', ['client_ref', 'input']],
	])('where the list has %s', async (_name, name, unlistedFields) => {
		await expectTakenUp(name, three, { unlistedFields });
	});

	it('where single reads do not find the runs yet', async () => {
		await expectTakenUp('unknown', two, { unknownFor: 600_000 });
	});

	it('where nothing but single reads names references and they do not find the runs yet, and goes on once they do', async () => {
		const name = 'unknownUnnamed';
		const one = crashedWith(name, { unlistedFields: ['client_ref'], unknownFor: 600_000 });
		const retried = await n8n.client.retry(one.executionId);
		expect(one.simulator.runs).toHaveLength(2);
		expect(retried.status).toBe('error');
		expect(retried.data.resultData.error?.description).toContain(
			'Retry this execution in a minute',
		);
		one.simulator.settings.unknownFor = 0;
		const again = await n8n.client.retry(retried.id);
		expectSuccess(again);
		expect(runIds(again)).toEqual(paidFor(one, two));
		expect(one.simulator.runs).toHaveLength(2);
	});

	it('where three items share a reference and edit different images with the same words', async () => {
		await expectTakenUp('sameWords', sameWords);
	});
});
