import { EventEmitter } from 'node:events';

import { RecentKeys } from '../../nodes/GptImage2/recentKeys';
import { Repeats } from '../../nodes/GptImage2/trigger/repeats';

class Response extends EventEmitter {
	writableFinished = false;
	closed = false;

	constructor(public statusCode = 200) {
		super();
	}
}

function hangUp(response: Response): void {
	response.closed = true;
	response.emit('close');
}

function finish(response: Response): void {
	response.writableFinished = true;
	hangUp(response);
}

describe('repeats of a delivery', () => {
	it('are recognized once the first was answered with success', async () => {
		const repeats = new Repeats();
		const first = new Response();
		expect(await repeats.isRepeat('a', first)).toBe(false);
		finish(first);
		expect(await repeats.isRepeat('a', new Response())).toBe(true);
		expect(await repeats.isRepeat('b', new Response())).toBe(false);
	});

	it('are not recognized when n8n failed to accept the first', async () => {
		const repeats = new Repeats();
		const failed = new Response(500);
		await repeats.isRepeat('a', failed);
		finish(failed);
		expect(await repeats.isRepeat('a', new Response())).toBe(false);
	});

	it('are not recognized when the sender of the first hung up before its answer', async () => {
		const repeats = new Repeats();
		const first = new Response();
		await repeats.isRepeat('a', first);
		hangUp(first);
		expect(await repeats.isRepeat('a', new Response())).toBe(false);
	});

	it('do not wait for one whose sender had hung up before it was looked at', async () => {
		const repeats = new Repeats();
		const first = new Response();
		hangUp(first);
		expect(await repeats.isRepeat('a', first)).toBe(false);
		expect(await repeats.isRepeat('a', new Response())).toBe(false);
	});

	it('wait for the first to be answered when they arrive at the same moment', async () => {
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
	it('are forgotten when their time is up', () => {
		jest.useFakeTimers({ now: 0 });
		const keys = new RecentKeys(1000);
		keys.add('a');
		jest.advanceTimersByTime(999);
		expect(keys.has('a')).toBe(true);
		jest.advanceTimersByTime(1);
		expect(keys.has('a')).toBe(false);
		jest.useRealTimers();
	});
});
