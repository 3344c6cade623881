import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import nock from 'nock';

import { completionFields } from '../../nodes/GptImage2/fields/completion';
import { editFields, generateFields } from '../../nodes/GptImage2/fields/image';
import { optionsFields } from '../../nodes/GptImage2/fields/options';
import { runFields } from '../../nodes/GptImage2/fields/run';
import { runId } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const missing = '={{ $json.missing }}';

const generate = { resource: 'image', operation: 'generate' };
const edit = {
	resource: 'image',
	operation: 'edit',
	inputSource: 'url',
	inputUrls: 'https://a.b',
	inputRunId: runId,
};

/** Whatever is sent all the same is refused at once. */
beforeEach(() => {
	const api = nock(apiUrl).persist();
	api.post(/.*/).reply(402, {}).get(/.*/).reply(404, {});
});

const execute = async (parameters: INodeParameters) =>
	await runWorkflow(goldenWorkflow('generate', parameters), { input: [{ json: { prompt: 'a' } }] });

/** Parameters with which a field of these is shown. */
function shown({ displayOptions }: INodeProperties, others: INodeParameters): INodeParameters {
	const wanted = Object.entries(displayOptions?.show ?? {}).map(([name, values]) => [
		name,
		values?.[0],
	]);
	return { ...others, ...Object.fromEntries(wanted) };
}

const inCollections = (fields: INodeProperties[]) =>
	fields.flatMap(({ options, type }) => (type === 'collection' ? (options ?? []) : []));

const namesOf = (fields: object[]) =>
	fields.flatMap((field) =>
		'name' in field && 'displayName' in field
			? [[String(field.displayName), String(field.name)] as const]
			: [],
	);

describe('an expression without a value', () => {
	const plain = (fields: INodeProperties[]) => fields.filter(({ type }) => type !== 'collection');
	const fields = [
		...plain(generateFields).map((field) => [field, generate] as const),
		...plain(editFields).map((field) => [field, edit] as const),
		...plain(completionFields).map((field) => [field, generate] as const),
	].map(([field, others]) => {
		const value = field.type === 'fixedCollection' ? { images: [{ url: missing }] } : missing;
		return [field.displayName, { ...shown(field, others), [field.name]: value }] as const;
	});

	it.each(fields)('in %s is refused before anything is sent', async (label, parameters) => {
		const { error, items } = await execute(parameters);
		expect(error?.message).toMatch(new RegExp(`^'${label}' (has no value|must)`));
		expect(error?.description).toContain('Nothing was sent to Runflow');
		expect(items).toEqual([]);
	});

	it.each(namesOf(inCollections(optionsFields)))(
		'in the option %s is refused before anything is sent',
		async (label, name) => {
			const { error } = await execute({ ...edit, options: { [name]: missing } });
			expect(error?.message).toBe(`'${label}' has no value`);
		},
	);

	it.each(['get', 'getMany', 'redeliverMissed'])(
		'in an option or filter of %s is refused before anything is sent',
		async (operation) => {
			const collections = runFields.filter(
				({ displayOptions, type }) =>
					type === 'collection' && displayOptions?.show?.operation?.includes(operation),
			);
			for (const { name: collection, options = [] } of collections) {
				for (const [label, name] of namesOf(options)) {
					const parameters = {
						resource: 'run',
						operation,
						runId,
						[collection]: { [name]: missing },
					};
					const { error } = await execute(parameters);
					expect(error?.message).toBe(`'${label}' has no value`);
				}
			}
		},
	);

	it('in a row of the metadata is refused before anything is sent', async () => {
		const row = { id: '1', name: 'order', value: missing, type: 'string' };
		const { error } = await execute({ options: { metadata: { assignments: [row] } } });
		expect(error?.message).toMatch(/^'Metadata.*' has no value/);
	});

	it('in additional input never stands for the default of the field that it replaces', async () => {
		const additionalInput = '={{ { quality: $json.missing } }}';
		const { error } = await execute({ quality: 'low', options: { additionalInput } });
		expect(error?.message).toMatch(/quality.*' has no value/i);
	});

	it('in an option of one item leaves the other items alone where the node continues', async () => {
		const workflow = goldenWorkflow(
			'generate',
			{ quality: '={{ $json.quality }}', options: { fileName: '={{ $json.name }}' } },
			{ onError: 'continueRegularOutput' },
		);
		const input = [
			{ json: { prompt: 'a', quality: 'low' } },
			{ json: { prompt: 'b', quality: 'none', name: 'b' } },
		];
		const { items } = await runWorkflow(workflow, { input });
		expect(items.map(({ json }) => json.error)).toEqual([
			"Row 1 of 2: 'File Name' has no value",
			"Row 2 of 2: 'Quality' must be one of low, medium, high",
		]);
	});
});
