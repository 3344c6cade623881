import { ownTurn } from '../../nodes/GptImage2/turns';

describe('an own turn', () => {
	it('leaves others theirs, however many take one together, and keeps the order', async () => {
		await ownTurn();
		const order: number[] = [];
		const all = Array.from({ length: 60 }, async (_, number) => {
			await ownTurn();
			order.push(number);
		});
		let doneAtOthers: number | null = null;
		setTimeout(() => (doneAtOthers = order.length));
		await Promise.all(all);
		expect(doneAtOthers).toBeGreaterThan(0);
		expect(doneAtOthers).toBeLessThan(60);
		expect(order).toEqual([...all.keys()]);
	});
});
