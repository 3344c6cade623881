import { fileNameOf } from '../../nodes/GptImage2/output/fileName';
import { runSchema } from '../../runflow/run';
import { succeededRun } from '../fixtures/answers';

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

	it.each([
		['A brass sign in the warm morning light', 'brass-sign-warm-morning-7777.webp'],
		["The cat's hat!", 'cats-hat-7777.webp'],
		['Ein Schild über dem Café', 'ein-schild-über-dem-7777.webp'],
		['真鍮の看板、朝の光', '真鍮の看板-朝の光-7777.webp'],
		['?!', 'picture-7777.webp'],
		[null, 'picture-7777.webp'],
	])('is made of words of the prompt and the end of the run id: %s', (prompt, name) => {
		expect(nameOf(null, { ...run, prompt })).toBe(name);
	});

	it('says which channel a picture has the size of', () => {
		const input = { ...run.input, image_size: { width: 1088, height: 1360 } };
		expect(nameOf(null, { ...run, prompt: 'A hen', input })).toBe('hen-instagram-post-7777.webp');
	});

	it.each([
		['CON', 'CON-picture.webp'],
		['nul.png', 'nul-picture.png.webp'],
		['COM1', 'COM1-picture.webp'],
		['console', 'console.webp'],
	])('is never that of a device, under which Windows saves nothing: %s', (chosen, name) => {
		expect(nameOf(chosen)).toBe(name);
	});

	it('shows what it is: nothing in it is hidden or turned around', () => {
		expect(nameOf('\u202egnp.exe\u200b')).toBe('gnp.exe.webp');
		expect(nameOf('\u200b')).toBe('untitled.webp');
		expect(nameOf('👩‍👩‍👧‍👦')).toBe('👩‍👩‍👧‍👦.webp');
	});

	it('has a number where the run has several images', () => {
		expect(nameOf(null, { ...runOfTwo, prompt: 'Two signs' }, 1)).toBe('two-signs-7777-1.webp');
	});

	it('has a limit, however long a word is', () => {
		const name = nameOf(null, { ...run, prompt: 'a'.repeat(10_000) });
		expect(name).toBe(`${'a'.repeat(60)}-7777.webp`);
	});

	it.each(['', '...', '/', '\ud83d', ' - '])('is never empty: %j', (chosen) => {
		expect(nameOf(chosen)).toBe('untitled.webp');
	});

	it('is made at once of a text of a million characters', () => {
		expect(nameOf('a'.repeat(1_000_000))).toHaveLength(255);
	});
});
