import { Slots } from '../../runflow/slots';

/** Starts `count` tasks that end when they are told to. */
function startTasks(slots: Slots, count: number) {
	const started: number[] = [];
	const ends: Array<() => void> = [];
	const results = Array.from({ length: count }, async (_, number) => {
		return await slots.use(async () => {
			started.push(number);
			await new Promise<void>((resolve) => (ends[number] = resolve));
			return number;
		});
	});
	return { started, results, end: (number: number) => ends[number]?.() };
}

const settle = async () => await new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
	it('run at most as many tasks as the limit, and the others in the order in which they came', async () => {
		const { end, results, started } = startTasks(new Slots(2), 4);
		await settle();
		expect(started).toEqual([0, 1]);
		end(1);
		await settle();
		expect(started).toEqual([0, 1, 2]);
		end(0);
		await settle();
		end(2);
		end(3);
		await expect(Promise.all(results)).resolves.toEqual([0, 1, 2, 3]);
	});

	it('go on after a task that failed', async () => {
		const slots = new Slots(1);
		const failing = slots.use(async () => await Promise.reject(new Error('failed')));
		const next = slots.use(async () => await Promise.resolve('done'));
		await expect(failing).rejects.toThrow('failed');
		await expect(next).resolves.toBe('done');
	});

	it('start what waits as soon as the limit is raised, and nothing new while it is lowered', async () => {
		const slots = new Slots(1);
		const { end, started } = startTasks(slots, 4);
		slots.setLimit(3);
		await settle();
		expect(started).toEqual([0, 1, 2]);
		slots.setLimit(1);
		end(0);
		end(1);
		await settle();
		expect(started).toEqual([0, 1, 2]);
		end(2);
		await settle();
		expect(started).toEqual([0, 1, 2, 3]);
	});
});
