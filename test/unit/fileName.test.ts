import { fileNameOf } from '../../nodes/GptImage2/output/fileName';
import { runSchema } from '../../runflow/run';
import { runId, succeededRun } from '../fixtures/answers';

const run = runSchema.parse(succeededRun);
const [image] = succeededRun.output.outputs;
const runOfTwo = runSchema.parse({ ...succeededRun, output: { outputs: [image, image] } });
const nameOf = (chosen: string | null, ofRun = run, index = 0) =>
	fileNameOf(ofRun, index, 'image/webp', chosen);

describe('the name of an image file', () => {
	it.each(['a', 'ä', '日', '🐈', '👩‍👩‍👧‍👦', 'é'])(
		'has at most 255 bytes, its number and extension, and whole characters only: %s',
		(character) => {
			const name = nameOf(character.repeat(300), runOfTwo, 1);
			expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
			const size = Buffer.byteLength(character);
			const count = Math.floor((255 - '-1.webp'.length) / size);
			expect(name).toBe(`${character.repeat(count)}-1.webp`);
		},
	);

	it('keeps titles apart that differ before a slash', () => {
		expect(nameOf('a cat/dog in 1/2')).not.toBe(nameOf('a cow/dog in 1/2'));
	});

	it('repeats no extension that the user wrote', () => {
		expect(nameOf('sign.WebP')).toBe('sign.webp');
		expect(fileNameOf(run, 0, 'image/jpeg', 'sign.jpeg')).toBe('sign.jpg');
	});

	it('names the run and numbers the image where the user names none', () => {
		expect(nameOf(null)).toBe(`gpt-image-2-${runId}-0.webp`);
	});

	it.each(['', '...', '/', '\ud83d', ' - '])('is never empty: %j', (chosen) => {
		expect(nameOf(chosen)).toBe('untitled.webp');
	});

	it('is made at once of a text of a million characters', () => {
		expect(nameOf('a'.repeat(1_000_000))).toHaveLength(255);
	});
});
