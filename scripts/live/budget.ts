import { NotTried } from './notTried';

/** The price of a picture in Low, in dollars, until a run has said what it cost (SITE). */
export const supposedPrice = 0.009;

/** The price of a picture in High (SEED), which any may cost if prices are flat. */
export const highestPrice = 0.133;

/** What a trial may spend, and what it has spent by the `cost` of its runs; in dollars. */
export class Budget {
	/** By the `cost` of the runs so far. */
	spent = 0;

	private reserved = 0;

	private dearest = supposedPrice;

	constructor(readonly limit: number) {}

	/**
	 * Sets aside what so many pictures may cost, `price` dollars each or as much as the dearest so far. Throws
	 * NotTried where that is too much. Returns what notes their cost once it is known; null for an
	 * unknown one, which counts as the highest that it may be.
	 */
	reserve(pictures: number, price: number | null = null): (cost: number | null) => void {
		const amount = pictures * (price ?? this.dearest);
		const committed = this.spent + this.reserved;
		if (committed + amount > this.limit) {
			throw new NotTried(
				`it may cost ${dollars(amount)} more, and ${dollars(committed)} of ${dollars(this.limit)} are spent or set aside; '--limit' raises that`,
			);
		}
		this.reserved += amount;
		return (cost) => {
			this.reserved -= amount;
			const known = cost ?? pictures * Math.max(price ?? 0, this.dearest, highestPrice);
			this.spent += known;
			if (price === null && cost !== null) {
				this.dearest = Math.max(this.dearest, cost / Math.max(pictures, 1));
			}
		};
	}

	/** Counts pictures that nobody planned, whose cost isn't known, as paid at the highest price. */
	charge(pictures: number): void {
		this.spent += pictures * Math.max(this.dearest, highestPrice);
	}
}

/** An amount as people read it. */
export function dollars(amount: number): string {
	return `$${amount.toFixed(3)}`;
}
