import { isSameInput, isWholeInput } from '../../runflow/sameInput';

describe('the input of a run', () => {
	const input = {
		prompt: 'a',
		image_size: { width: 1024, height: 640 },
		image_urls: ['https://a/b?x=1'],
	};

	it.each([
		['with keys that the API added', { ...input, seed: 1 }, true],
		['with a URL that was signed again', { ...input, image_urls: ['https://a/b?x=2'] }, true],
		['with another URL', { ...input, image_urls: ['https://a/c?x=1'] }, false],
		['with one image more', { ...input, image_urls: ['https://a/b?x=1', 'https://a/c'] }, false],
		['with another size', { ...input, image_size: { width: 1024, height: 656 } }, false],
		['with a preset for a size', { ...input, image_size: 'square' }, false],
		['with a key missing', { prompt: 'a' }, false],
		['nobody knows', null, false],
	])('%s: the same %s', (_name, stored, same) => {
		expect(isSameInput(input, stored)).toBe(same);
	});

	const [url, other] = [
		'https://cdn/assets/0197-a.png?sig=1',
		'https://cdn/assets/0197-b.png?sig=1',
	];
	const asset = 'runflow://assets/0197-a';

	it.each([
		[asset, url, true],
		[url, asset, true],
		['data:image/png;base64,aGk=', asset, true],
		[asset, other, false],
		[other, asset, false],
	])('whose image %s is stored as %s: the same %s', (sent, stored, same) => {
		expect(isSameInput({ mask_url: sent }, { mask_url: stored })).toBe(same);
	});

	it('is another where a prompt differs after a question mark', () => {
		expect(isSameInput({ prompt: 'https://a?b' }, { prompt: 'https://a?c' })).toBe(false);
	});

	it.each([
		['has something else in it', { prompt: 'p', seed: 7 }, false],
		['says that something else is absent', { prompt: 'p', seed: null }, true],
		['lacks something', {}, false],
		['is unknown', null, false],
	])('is the whole of it or not where the stored one %s', (_name, stored, same) => {
		expect(isWholeInput({ prompt: 'p' }, stored)).toBe(same);
	});

	it('is not the whole of it where only the query of an image differs', () => {
		const edit = (url: string) => ({ prompt: 'p', image_urls: [url] });
		expect(isWholeInput(edit('https://a/b?sku=1'), edit('https://a/b?sku=2'))).toBe(false);
		expect(isWholeInput(edit('https://a/b?sku=1'), edit('https://a/b?sku=1'))).toBe(true);
	});
});
