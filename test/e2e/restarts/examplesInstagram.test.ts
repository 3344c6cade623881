import sharp from 'sharp';

import { readExample } from '../../../scripts/examples';
import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { withAccount } from '../accounts';
import { picturesOf, Visitor } from '../forms';
import { credentialFor, expectSuccess } from '../support';
import { describeWith } from '../versions';
import { startFixedHosts, type FixedHosts } from './fixedHosts';
import { graphRoutes, type Graph } from './graphStandIn';

jest.setTimeout(240_000);

const name = 'post-a-picture-on-instagram';
const answers = ['a red kite', 'Up & away #kite', 'A kite over hills'];
const pages = [
	{ id: '1', name: 'Without Instagram' },
	{ id: '2', name: 'With', instagram_business_account: { id: '17841' } },
];

const graph: Graph = { token: 'a-token', pages, containers: [], notReady: 0 };
let hosts: FixedHosts;
let simulator: Simulator;
let n8n: RunningN8n;

beforeAll(async () => {
	simulator = await startSimulator({ runTime: 300 });
	hosts = await startFixedHosts(['graph.facebook.com'], (app) => graphRoutes(app, graph));
	n8n = await startN8n({ tarball: process.env.E2E_TARBALL, env: hosts.env });
	const example = await withAccount(n8n.client, readExample(name), {
		type: 'facebookGraphApi',
		data: { accessToken: graph.token },
		nodeTypes: ['n8n-nodes-base.facebookGraphApi'],
	});
	const credentialId = await credentialFor(n8n.client, simulator);
	await n8n.client.activate(await n8n.client.createWorkflow(example, credentialId));
});

beforeEach(() => {
	simulator.runs.length = 0;
	graph.containers.length = 0;
	graph.pages = pages;
});

afterAll(async () => {
	await n8n.stop();
	await hosts.close();
	await simulator.close();
});

const plan = async () => await Visitor.submit(`${n8n.url}/form/post-on-instagram`, answers);

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('posts the picture once it was looked at, and tries again when Instagram is not ready', async () => {
		const visitor = await plan();
		const [shown] = picturesOf(await visitor.nextPage());
		expect(shown).toMatch(new RegExp(`^${n8n.url}/`));
		expect(graph.containers).toHaveLength(0);

		graph.notReady = 2;
		await visitor.submit(['', 'Higher & away #kite', '["Post it"]']);
		expect(await visitor.nextPage()).toContain('It is on Instagram');
		await visitor.submit();
		expectSuccess(await n8n.client.finished(visitor.executionId));
		expect(graph.containers).toMatchObject([
			{
				account: '17841',
				caption: 'Higher & away #kite',
				altText: 'A kite over hills',
				picture: { url: shown },
				posted: true,
			},
		]);
		expect(graph.notReady).toBe(0);
		const { format, width, height } = await sharp(graph.containers[0]?.picture.bytes).metadata();
		expect([format, width, height]).toEqual(['jpeg', 1088, 1360]);
		expect(simulator.runs.map(({ request }) => request.input.prompt)).toEqual(['a red kite']);
	});

	it('hands nothing over when the picture is not liked', async () => {
		const visitor = await plan();
		await visitor.nextPage();
		await visitor.submit(['', 'Up & away', '["Leave it"]']);
		expect(await visitor.nextPage()).toContain('Nothing was posted');
		await visitor.submit();
		expectSuccess(await n8n.client.finished(visitor.executionId));
		expect(graph.containers).toHaveLength(0);
	});

	it('pays for nothing when the token sees no Instagram account, and says what is missing', async () => {
		graph.pages = pages.slice(0, 1);
		const visitor = await plan();
		const { status, data } = await n8n.client.finished(visitor.executionId);
		expect(status).toBe('error');
		expect(data.resultData.error?.message).toContain('no Facebook page with an Instagram account');
		expect(simulator.runs).toHaveLength(0);
	});
});
