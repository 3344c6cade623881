import { RecentKeys } from '../recentKeys';

const windowMs = 120_000;

/** What a repeat filter needs to know about a response: when it is over, and how it was answered. */
interface AnsweredResponse {
	statusCode: number;
	/** Whether the whole answer was handed over; a sender that hung up didn't get it. */
	writableFinished: boolean;
	/** Whether it is already over. */
	closed: boolean;
	once(event: 'close', listener: () => void): unknown;
}

/**
 * Remembers the deliveries that this process answered with success in the last two minutes. A delivery
 * counts only once its answer has been sent, so one that n8n failed to accept is not ignored when it is
 * sent again. One that arrives while the first is still being answered waits for that answer.
 */
export class Repeats {
	private readonly answered = new RecentKeys(windowMs);

	private readonly inProgress = new Map<string, Promise<void>>();

	/** Whether this delivery has been accepted before. If not, it is in progress until `response` is over. */
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
