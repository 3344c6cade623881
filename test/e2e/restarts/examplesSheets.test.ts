import sharp from 'sharp';

import { readExample } from '../../../scripts/examples';
import type { ExportedWorkflow } from '../../../scripts/n8n/client';
import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { withAccount } from '../accounts';
import { credentialFor, expectSuccess } from '../support';
import { describeWith } from '../versions';
import { startFixedHosts, type FixedHosts } from './fixedHosts';
import { googleHosts, googleRoutes, type Google } from './googleStandIn';

jest.setTimeout(240_000);

const name = 'turn-a-google-sheet-into-pictures-in-drive';
const documentId = 'document-of-the-campaign-0123456789';

const sizes = {
	instagram_post: [1088, 1360],
	instagram_story: [1152, 2048],
	facebook_link: [1280, 672],
	linkedin_post: [1200, 1200],
	youtube_thumbnail: [1280, 720],
} as const;

const fileOf = (channel: string) => `ceramic-teapot-${channel.replace('_', '-')}.jpg`;
/** In low quality, by the prices of the simulator, in dollars. */
const costOfFive = 0.045;

const google: Google = { token: 'a-token', documentId, cells: [], files: [] };
let hosts: FixedHosts;
let simulator: Simulator;
let n8n: RunningN8n;
let workflowId: string;

/** The example with the document chosen in the one node where its note says so. */
function withDocument(example: ExportedWorkflow): ExportedWorkflow {
	const value = { __rl: true, mode: 'list', value: documentId };
	const nodes = example.nodes.map((node) =>
		node.name === 'Read the rows'
			? { ...node, parameters: { ...node.parameters, documentId: value } }
			: node,
	);
	return { ...example, nodes };
}

beforeAll(async () => {
	simulator = await startSimulator({ runTime: 300 });
	hosts = await startFixedHosts(googleHosts, (app) => googleRoutes(app, google));
	n8n = await startN8n({ tarball: process.env.E2E_TARBALL, env: hosts.env });
	const data = {
		clientId: 'client',
		clientSecret: 'secret',
		oauthTokenData: { access_token: google.token, token_type: 'Bearer' },
	};
	const withSheets = await withAccount(n8n.client, withDocument(readExample(name)), {
		type: 'googleSheetsOAuth2Api',
		data,
		nodeTypes: ['n8n-nodes-base.googleSheets'],
	});
	const withBoth = await withAccount(n8n.client, withSheets, {
		type: 'googleDriveOAuth2Api',
		data,
		nodeTypes: ['n8n-nodes-base.googleDrive'],
	});
	const credentialId = await credentialFor(n8n.client, simulator);
	workflowId = await n8n.client.createWorkflow(withBoth, credentialId);
	google.cells = [
		['name', 'brief', 'status', 'cost', 'files'],
		['Ceramic teapot', 'A hand-thrown teapot', 'draw'],
		['Not yet', 'A row that nobody marked', ''],
		['Café 7', 'A cup of coffee', 'draw'],
	];
});

beforeEach(() => simulator.behave());

afterAll(async () => {
	await n8n.stop();
	await hosts.close();
	await simulator.close();
});

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('draws the marked rows for every channel, and stores them in Drive under names of their own', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'coffee', times: 2 });
		expectSuccess(await n8n.client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(10);
		const teapots = google.files.filter(({ name: file }) => file.startsWith('ceramic-teapot-'));
		expect(teapots.map(({ name: file }) => file).sort()).toEqual(
			Object.keys(sizes).map(fileOf).sort(),
		);
		expect(google.files.map(({ folder, mimeType }) => [folder, mimeType])).toEqual(
			Array(8).fill(['root', 'image/jpeg']),
		);
		for (const [channel, size] of Object.entries(sizes)) {
			const file = teapots.find((found) => found.name === fileOf(channel));
			const { format, width, height } = await sharp(file?.bytes).metadata();
			expect([channel, format, [width, height]]).toEqual([channel, 'jpeg', size]);
		}
	});

	it('writes status, cost and links into the rows, and what failed', () => {
		const [, teapot, notYet, coffee] = google.cells;
		expect(teapot?.slice(2)).toEqual(['done', costOfFive, expect.any(String)]);
		const links = google.files
			.filter(({ name: file }) => file.startsWith('ceramic-teapot-'))
			.map(({ id }) => `https://drive.example/${id}`);
		expect(String(teapot?.[4]).split('\n').sort()).toEqual(links.sort());
		expect(notYet).toEqual(['Not yet', 'A row that nobody marked', '']);
		const twice = /^partly done\n[^\n]*did not deliver[^\n]*\n[^\n]*did not deliver[^\n]*$/;
		expect(coffee?.slice(2, 4)).toEqual([expect.stringMatching(twice), 0.027]);
		expect(String(coffee?.[4]).split('\n')).toHaveLength(3);
	});

	it('pays for what is missing alone when the row is marked again, and for nothing when none is', async () => {
		google.cells[3]?.splice(2, 1, 'draw');
		expectSuccess(await n8n.client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(12);
		expect(google.cells[3]?.slice(2, 4)).toEqual(['done', costOfFive]);

		expectSuccess(await n8n.client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(12);
	});
});
