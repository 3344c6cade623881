import { RecentKeys } from '../recentKeys';

const windowMs = 120_000;

/** What a repeat filter needs of a response: when it is over, and how it was answered. */
interface AnsweredResponse {
	statusCode: number;
	/** Whether the whole answer was handed over; a sender that hung up got none. */
	writableFinished: boolean;
	/** Whether it is over already. */
	closed: boolean;
	once(event: 'close', listener: () => void): unknown;
}

/**
 * Knows the deliveries that were answered with success in the last two minutes, in this process. A
 * delivery counts only once its answer is out, so one that n8n failed to accept is not swallowed when
 * it is sent again; one that comes while the first is still being answered waits for that answer.
 */
export class Repeats {
	private readonly answered = new RecentKeys(windowMs);

	private readonly inProgress = new Map<string, Promise<void>>();

	/** Whether this delivery was accepted before. If not, it is in progress until `response` is over. */
	async isRepeat(key: string, response: AnsweredResponse): Promise<boolean> {
		for (;;) {
			if (this.answered.has(key)) return true;
			const other = this.inProgress.get(key);
			if (other === undefined) break;
			await other;
		}
		if (!response.closed) this.inProgress.set(key, this.answerOf(key, response));
		return false;
	}

	private async answerOf(key: string, response: AnsweredResponse): Promise<void> {
		await new Promise<void>((resolve) => response.once('close', () => resolve()));
		const { statusCode, writableFinished } = response;
		if (writableFinished && statusCode >= 200 && statusCode < 300) this.answered.add(key);
		this.inProgress.delete(key);
	}
}
