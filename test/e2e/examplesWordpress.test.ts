import sharp from 'sharp';

import { readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { withAccount } from './accounts';
import { connect, credentialFor, expectSuccess } from './support';
import { describeWith } from './versions';
import { startWordpress, type WordpressStandIn } from './wordpressStandIn';

jest.setTimeout(240_000);

const name = 'add-featured-images-in-wordpress';
const user = { username: 'editor', password: 'app pass word' };

let client: N8nClient;
let simulator: Simulator;
let wordpress: WordpressStandIn;
let workflowId: string;

const post = { status: 'draft', excerpt: '', featuredMedia: 0 };

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	wordpress = await startWordpress(
		[
			{
				...post,
				id: 1,
				title: 'Tea &amp; Café: why we don&#8217;t rush',
				excerpt: '<p>Slow.</p>\n',
			},
			{ ...post, id: 2, title: 'It has a picture', featuredMedia: 7 },
			{ ...post, id: 3, title: '' },
			{ ...post, id: 4, title: 'Autumn menu', excerpt: '<p>Pumpkin &#8211; soup [&hellip;]</p>\n' },
			{ ...post, id: 5, title: 'It is published', status: 'publish' },
		],
		user,
	);
	const example = await withAccount(client, readExample(name), {
		type: 'wordpressApi',
		data: { ...user, url: wordpress.url },
		nodeTypes: ['n8n-nodes-base.wordpress', 'n8n-nodes-base.httpRequest'],
	});
	workflowId = await client.createWorkflow(example, await credentialFor(client, simulator));
});

beforeEach(() => simulator.behave());

afterAll(async () => {
	await simulator.close();
	await wordpress.close();
});

const pictures = () => Object.fromEntries(wordpress.posts.map((p) => [p.id, p.featuredMedia]));

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('gives a draft its picture when that of another fails, and names the one without', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'Autumn' });
		const { status, data } = await client.executeToEnd(workflowId);
		expect(status).toBe('error');
		expect(data.resultData.error?.message).toMatch(/^Autumn menu: .*did not deliver/);
		expect(simulator.runs).toHaveLength(2);
		expect(pictures()).toEqual({ 1: 900, 2: 7, 3: 0, 4: 0, 5: 0 });
	});

	it('uploads it with words that search engines and screen readers read', async () => {
		const [medium] = wordpress.media;
		expect(medium).toMatchObject({
			fileName: 'tea-cafe-why-we-don-t-rush.jpg',
			mimeType: 'image/jpeg',
			title: 'Tea & Café: why we don’t rush',
			altText: 'Illustration: Tea & Café: why we don’t rush',
			post: 1,
		});
		const { format, width, height } = await sharp(medium?.bytes).metadata();
		expect([format, width, height]).toEqual(['jpeg', 1280, 672]);
		expect(simulator.runs[0]?.request.input.prompt).toMatch(
			/“Tea & Café: why we don’t rush”. Slow\.\n/,
		);
	});

	it('draws only what is missing the next time, and publishes nothing', async () => {
		expectSuccess(await client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(3);
		expect(simulator.runs[2]?.request.input.prompt).toContain('Pumpkin – soup […]');
		expect(pictures()).toMatchObject({ 1: 900, 2: 7, 3: 0, 4: 901, 5: 0 });
		expect(wordpress.posts.filter(({ status }) => status === 'draft')).toHaveLength(4);

		expectSuccess(await client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(3);
		expect(wordpress.media).toHaveLength(2);
	});
});
