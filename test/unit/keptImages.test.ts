import { keepImage } from '../../nodes/GptImage2/output/keptImages';

const binary = { data: '', mimeType: 'image/png' };
const image = {
	index: 1,
	url: null,
	fileName: '1.png',
	mimeType: 'image/png',
	width: 8,
	height: 9,
};

describe('the images that are kept for another try', () => {
	it('are those that are stored and have no URL', () => {
		expect(keepImage({ ...image, binary })).toEqual({ index: 1, width: 8, height: 9, binary });
	});

	it('are none that can be downloaded again, or were not stored', () => {
		expect(keepImage({ ...image, binary, url: 'https://storage.test/1.png' })).toBeNull();
		expect(keepImage({ ...image, binary: null })).toBeNull();
	});
});
