import { readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { picturesOf, Visitor } from './forms';
import { expectSuccess, useSimulator } from './support';
import { describeWith } from './versions';

jest.setTimeout(240_000);

const name = 'approve-a-campaign-before-it-is-paid';
const ideas = ['a red kite', ' <b> a blue kite', '', 'a green kite'].join('\n');

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 300 });

beforeAll(async () => {
	await client.activate(await client.createWorkflow(readExample(name), credentialId));
});

const plan = async (path = 'approve-a-campaign') =>
	await Visitor.submit(`${process.env.E2E_N8N_URL}/form/${path}`, [ideas, 'Story']);

const answer = (decision: string, comment = '') => ['', JSON.stringify([decision]), comment];

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('shows the list with its price before anything is paid, and draws what is approved', async () => {
		const visitor = await plan();
		const page = await visitor.nextPage();
		expect(page).toContain('3 pictures, about $0.40');
		expect(page).toContain('<li>&lt;b&gt; a blue kite</li>');
		expect(simulator.runs).toHaveLength(0);

		await visitor.submit(answer('Yes, draw them'));
		const result = await visitor.nextPage();
		expect(result).toContain('3 of 3 pictures are ready');
		expect(result).toContain('They cost $0.40');
		expect(picturesOf(result)).toHaveLength(3);
		const inputs = simulator.runs.map(({ request }) => request.input);
		expect(inputs.map(({ prompt }) => prompt).sort()).toEqual([
			'<b> a blue kite',
			'a green kite',
			'a red kite',
		]);
		expect(inputs[0]).toMatchObject({ image_size: 'portrait_16_9', quality: 'high' });
		await visitor.submit();
		expectSuccess(await client.finished(visitor.executionId));
	});

	it('pays nothing for what is refused, and passes the comment on', async () => {
		const visitor = await plan();
		await visitor.nextPage();
		await visitor.submit(answer('No, draw nothing', 'No kites this time'));
		const page = await visitor.nextPage();
		expect(page).toContain('Nothing was drawn');
		expect(page).toContain('No kites this time');
		await visitor.submit();
		expectSuccess(await client.finished(visitor.executionId));
		expect(simulator.runs).toHaveLength(0);
	});

	it('names the picture that fails, and shows the others', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'green' });
		const visitor = await plan();
		await visitor.nextPage();
		await visitor.submit(answer('Yes, draw them'));
		const page = await visitor.nextPage();
		expect(page).toContain('2 of 3 pictures are ready');
		expect(page).toContain('They cost $0.27');
		expect(page).toMatch(/<p>Picture 3: .*failed/);
	});

	it.each([
		[true, 'pictures are ready', 3],
		[false, 'Nothing was drawn', 0],
	])(
		"understands the answer of 'Send and Wait for Response' when it is %s",
		async (approved, title, runs) => {
			const example = readExample(name);
			const path = `approve-a-campaign-${approved}`;
			const nodes = example.nodes.map((node) => {
				if (node.name === 'Plan the campaign') {
					const parameters = { ...node.parameters, options: { path } };
					return { ...node, parameters, webhookId: `${node.webhookId}-${approved}` };
				}
				if (node.name !== 'Ask for approval') return node;
				// What n8n's Slack and Gmail nodes output once a person has pressed one of their buttons.
				const jsCode = `return [{ json: { data: { approved: ${approved} } } }];`;
				return { ...node, type: 'n8n-nodes-base.code', typeVersion: 2, parameters: { jsCode } };
			});
			await client.activate(await client.createWorkflow({ ...example, nodes }, credentialId));
			const visitor = await plan(path);
			expect(await visitor.nextPage()).toContain(title);
			expect(simulator.runs).toHaveLength(runs);
		},
	);
});
