import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { lock } from '../../scripts/n8n/install';

describe('the lock of an n8n that is being installed', () => {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-lock-'));
	const held = join(folder, 'installing.lock');

	afterAll(() => rmSync(folder, { recursive: true }));

	/** How many are inside at once at most, when so many ask together. */
	async function mostInside(callers: number): Promise<number> {
		let inside = 0;
		let most = 0;
		const visit = async () => {
			const unlock = await lock(folder);
			most = Math.max(most, ++inside);
			await sleep(20);
			inside--;
			await unlock();
		};
		await Promise.all(Array.from({ length: callers }, visit));
		return most;
	}

	beforeEach(() => {
		jest.spyOn(console, 'log').mockReturnValue();
	});

	it('lets one in at a time, and says to the others what they wait for', async () => {
		expect(await mostInside(3)).toBe(1);
		expect(console.log).toHaveBeenCalledWith(expect.stringContaining('waiting for it'));
		expect(existsSync(held)).toBe(false);
	});

	it('is taken over from a process that was killed, by one of those who wait', async () => {
		mkdirSync(held);
		const longAgo = new Date(Date.now() - 3_600_000);
		utimesSync(held, longAgo, longAgo);
		expect(await mostInside(2)).toBe(1);
	});

	it('says why there can be none', async () => {
		await expect(lock(join(folder, 'no', 'such', 'folder'))).rejects.toThrow('ENOENT');
	});
});
