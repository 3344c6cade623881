import { imageUrlList } from '../../nodes/GptImage2/parameters/values';

const png = 'data:image/png;base64,iVBORw0KGgo=';
const svg =
	"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><path d='M1,2 L3,4'/></svg>";
const asset = 'runflow://assets/01970c11-2222-7333-8444-555566667777';
const photo = 'https://example.com/photo.png';

describe('a list of image URLs', () => {
	it.each([
		[`${photo}, ${asset}`, [photo, asset]],
		[`${photo}\r\n${asset}\n`, [photo, asset]],
		[png, [png]],
		[`${png},${photo}`, [png, photo]],
		[`${photo}, ${png},\n ${png} , ${asset}`, [photo, png, png, asset]],
		[`${svg}, ${photo}`, [svg, photo]],
		[`${svg}\n${svg},${png}`, [svg, svg, png]],
		[`${photo}; ${asset}`, [photo, asset]],
		[`${photo} ${png}`, [photo, png]],
		['https://a.test/w_200,h_300/a,b.png', ['https://a.test/w_200,h_300/a,b.png']],
		[
			['https://a.test/w_200,h_300.png', photo],
			['https://a.test/w_200,h_300.png', photo],
		],
		[`photo.png, ${photo},`, ['photo.png', photo]],
		[
			[photo, png, svg],
			[photo, png, svg],
		],
		[' , \n', []],
		[null, []],
		[undefined, []],
	])('is split at line breaks and before a new scheme only: %j', (text, urls) => {
		expect(imageUrlList.parse(text)).toEqual(urls);
	});

	it('is split at once however long a data URI is', () => {
		const long = `data:image/svg+xml,${'M1,2 '.repeat(400_000)}z`;
		expect(imageUrlList.parse(`${long}, ${photo}`)).toEqual([long, photo]);
		const spaced = `data:image/svg+xml,a${' '.repeat(400_000)}z`;
		expect(imageUrlList.parse(`${spaced}, ${photo}`)).toEqual([spaced, photo]);
	});
});
