import type { INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { succeededRun } from '../fixtures/answers';
import { apiUrl, credential, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/runs';

/** Generates an image for each key with this credential; returns by which keys runs were paid. */
async function paidBy(
	more: Partial<typeof credential>,
	keys: string[] = ['rf_live_a'],
	parameters: INodeParameters = {},
) {
	const paid: string[] = [];
	nock(apiUrl)
		.persist()
		.post(models)
		.reply(function () {
			const { authorization, 'x-organization-id': organization } = this.req.headers;
			paid.push([authorization, organization].filter(Boolean).join(' for '));
			return [201, { ...succeededRun, id: `${succeededRun.id.slice(0, -1)}${paid.length}` }];
		});
	const { error } = await runWorkflow(
		goldenWorkflow('generate', { options: { download: false }, ...parameters }),
		{
			input: keys.map((key) => ({ json: { prompt: 'p0', key } })),
			credential: { ...credential, ...more },
		},
	);
	return { error, paid };
}

describe('a credential as people fill it in', () => {
	it('may have spaces around its values', async () => {
		const { error, paid } = await paidBy({ apiKey: ' rf_live_a\n', organizationId: ' org-1 ' });
		expect(error).toBeUndefined();
		expect(paid).toEqual(['Bearer rf_live_a for org-1']);
	});

	it.each([
		[{ apiKey: 'rf_live_ä' }, "'API Key' in the Runflow credential"],
		[{ apiKey: 'rf_live a' }, "'API Key' in the Runflow credential"],
		[{ organizationId: 'orgé' }, "'Organization ID' in the Runflow credential"],
		[{ baseUrl: `${apiUrl}?a=1` }, "'Base URL' in the Runflow credential"],
		[{ baseUrl: `${apiUrl}/#a` }, "'Base URL' in the Runflow credential"],
		[{ baseUrl: 'api.runflow.io' }, "'Base URL' in the Runflow credential"],
	])('is refused before anything is sent where it can not be right: %j', async (more, message) => {
		const { error, paid } = await paidBy(more);
		expect(error?.message).toContain(message);
		expect(error?.message).not.toContain('ä');
		expect(paid).toEqual([]);
	});

	it('may have a Base URL with any number of slashes at its end', async () => {
		expect((await paidBy({ baseUrl: `${apiUrl}/v1${'/'.repeat(50_000)}` })).paid).toHaveLength(1);
		const slow = `https://a.test/${'/'.repeat(200_000)}x y`;
		expect((await paidBy({ baseUrl: slow })).error?.message).toContain("'Base URL'");
	});
});

describe('a credential with an expression on the items', () => {
	const apiKey = '={{ $json.key }}';

	it('pays by the one key that all items have', async () => {
		const { paid } = await paidBy({ apiKey }, ['rf_live_a', 'rf_live_a']);
		expect(paid).toEqual(['Bearer rf_live_a', 'Bearer rf_live_a']);
	});

	it('pays nothing by the key of another item', async () => {
		const { error, paid } = await paidBy({ apiKey }, ['rf_live_a', 'rf_live_b', 'rf_live_a']);
		expect(error?.message).toBe('The items have different Runflow credentials');
		expect(error?.description).toContain("'Loop Over Items'");
		expect(paid).toEqual([]);
	});

	it.each([apiKey, "={{ $('Start').first().json.key }}"])(
		'pays nothing where a suspended execution could not read it: %s',
		async (expression) => {
			const suspending = { completion: 'suspend' };
			const { error, paid } = await paidBy({ apiKey: expression }, ['rf_live_a'], suspending);
			expect(error?.message).toContain("'Suspend Until Callback' can't be used");
			expect(paid).toEqual([]);
		},
	);
});
