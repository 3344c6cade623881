import { nextRing } from '../../nodes/GptImage2/suspension/alarm';

const minute = 60_000;
const alarm = { resumeUrl: '', suspensionId: '', startedAt: 0, deadline: 120 * minute };

describe('the rings of an alarm', () => {
	it('come ever more rarely, at most half an hour apart, and once before the deadline', () => {
		const rings: number[] = [];
		for (let ring = nextRing(alarm, 0); ring !== null; ring = nextRing(alarm, ring))
			rings.push(ring);
		expect(rings.map((ring) => ring / minute)).toEqual([2.5, 5, 10, 20, 40, 70, 100, 119.75]);
	});

	it('begin before a deadline that is near, and are none where it is nearer still', () => {
		expect(nextRing({ ...alarm, deadline: 60_000 }, 0)).toBe(45_000);
		expect(nextRing({ ...alarm, deadline: 15_000 }, 0)).toBeNull();
	});
});
