import { EventEmitter } from 'node:events';

import { RecentKeys } from '../../nodes/GptImage2/recentKeys';
import { Repeats } from '../../nodes/GptImage2/trigger/repeats';

class Response extends EventEmitter {
	constructor(public statusCode = 200) {
		super();
	}
}

const finish = (response: Response) => response.emit('close');

describe('repeats of a delivery', () => {
	it('are those of one that was answered with success', async () => {
		const repeats = new Repeats();
		const first = new Response();
		expect(await repeats.isRepeat('a', first)).toBe(false);
		finish(first);
		expect(await repeats.isRepeat('a', new Response())).toBe(true);
		expect(await repeats.isRepeat('b', new Response())).toBe(false);
	});

	it('are not those of one that n8n failed to take', async () => {
		const repeats = new Repeats();
		const failed = new Response(500);
		await repeats.isRepeat('a', failed);
		finish(failed);
		expect(await repeats.isRepeat('a', new Response())).toBe(false);
	});

	it('wait for the first to be answered when they come at the same moment', async () => {
		const repeats = new Repeats();
		const [first, second, third] = [new Response(500), new Response(), new Response()];
		await repeats.isRepeat('a', first);
		const asked = [repeats.isRepeat('a', second), repeats.isRepeat('a', third)];
		finish(first);
		expect(await asked[0]).toBe(false);
		finish(second);
		expect(await asked[1]).toBe(true);
	});
});

describe('recent keys', () => {
	it('are forgotten when their time is over', () => {
		jest.useFakeTimers({ now: 0 });
		const keys = new RecentKeys(1000);
		keys.add('a');
		jest.setSystemTime(999);
		expect(keys.has('a')).toBe(true);
		jest.setSystemTime(1000);
		expect(keys.has('a')).toBe(false);
		jest.useRealTimers();
	});
});
