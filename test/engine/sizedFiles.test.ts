import { CountingApi } from './api';
import { runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const input = [{ json: { prompt: 'a brass sign' } }];

const namesOf = async (imageSize: string, fileName: string) => {
	const api = new CountingApi(() => undefined);
	const options = { fileName, moreSizes: ['instagram_story', 'x_post'] };
	const size = { imageSize, width: 1024, height: 1024 };
	const { items, error } = await runWorkflow(goldenWorkflow('generate', { ...size, options }), {
		input,
	});
	expect(error).toBeUndefined();
	expect(api.runs).toHaveLength(3);
	return items.map(({ binary, json }) => [json.file_name, binary?.data?.fileName]);
};

describe("a file name of the user's own, in several sizes", () => {
	it.each([
		['square', 'sign', ['sign-square', 'sign-instagram-story', 'sign-x-post']],
		['square', 'sign.png', ['sign-square', 'sign-instagram-story', 'sign-x-post']],
		['custom', 'sign v1.2', ['sign v1.2', 'sign v1.2-instagram-story', 'sign v1.2-x-post']],
	])('ends with the size (%s, %s)', async (imageSize, fileName, names) => {
		expect(await namesOf(imageSize, fileName)).toEqual(
			names.map((name) => [`${name}.png`, `${name}.png`]),
		);
	});
});
