import { whenThereIsRoom } from '../../nodes/GptImage2/arrivingBytes';

/** An image that arrives when told to. */
function arrival(bytes: number) {
	let end: (error?: Error) => void = () => {};
	const ended = new Promise<void>((resolve, reject) => {
		end = (error) => (error ? reject(error) : resolve());
	});
	const image = { began: false, end, done: Promise.resolve() };
	image.done = whenThereIsRoom(bytes, async () => {
		image.began = true;
		await ended;
	});
	return image;
}

const turn = async () => await new Promise((resolve) => setImmediate(resolve));

describe('images on their way', () => {
	it('arrive together as long as there is room, and the others after them', async () => {
		const images = [60_000_000, 40_000_000, 1, 99_000_000].map(arrival);
		const began = () => images.map((image) => image.began);
		await turn();
		expect(began()).toEqual([true, true, false, false]);
		images[0]?.end();
		await turn();
		expect(began()).toEqual([true, true, true, false]);
		images[1]?.end();
		images[2]?.end();
		await turn();
		expect(began()).toEqual([true, true, true, true]);
		images[3]?.end();
		await Promise.all(images.map(async ({ done }) => await done));
	});

	it('leave their room if they fail, and one that is larger than all room comes alone', async () => {
		const [first, large] = [arrival(NaN), arrival(200_000_000)];
		await turn();
		expect(large.began).toBe(false);
		first.end(new Error('broken'));
		await expect(first.done).rejects.toThrow('broken');
		await turn();
		expect(large.began).toBe(true);
		const small = arrival(1);
		await turn();
		expect(small.began).toBe(false);
		large.end();
		small.end();
		await Promise.all([large.done, small.done]);
	});
});
