import type { RunflowClient } from '../../../runflow/client';
import { RunflowError, StoppedError } from '../../../runflow/errors';
import { InputRunError, urlsToEdit } from '../../../runflow/inputRun';
import type { Run } from '../../../runflow/run';
import type { EarlierImages } from '../parameters/inputImages';

/** The URLs that a create is sent with, by what they stand for. */
export type SentUrls = Record<string, string>;

/** How long the URLs of one reading are used; they are said to be short-lived (SDK) or good for a day (ADC). */
const freshForMs = 600_000;

interface Reading {
	run: Promise<Run>;
	startedAt: number;
}

/**
 * Reads the runs whose images are edited, each once for all items that edit it. A run that has not
 * finished is refused, not waited for: 'Return Immediately' and 'Suspend Until Callback' promise to hold
 * no worker, and 'Timeout' is about the run that the item starts.
 */
export class EarlierRuns {
	private readonly readings = new Map<string, Reading>();

	constructor(private readonly client: RunflowClient) {}

	/**
	 * The URLs of an earlier run's images, noted in `sent`. Those that `sent` knows stay as they are,
	 * because an unclear create has to be repeated to the letter. Throws InputRunError.
	 */
	async urlsOf(images: EarlierImages, sent: SentUrls, signal?: AbortSignal): Promise<string[]> {
		const known = sentUrlsOf(images, sent);
		if (known.length > 0) return known;
		const run = await this.read(images.runId, signal).catch((cause: unknown) => {
			const isOfRun = cause instanceof RunflowError && !(cause instanceof StoppedError);
			throw isOfRun ? new InputRunError(images.runId, { kind: 'unreadable', cause }) : cause;
		});
		const urls = urlsToEdit(run, images.imageNumber);
		const first = images.imageNumber || 1;
		for (const [position, url] of urls.entries()) sent[keyOf(images, first + position)] = url;
		return urls;
	}

	private async read(runId: string, signal?: AbortSignal): Promise<Run> {
		const known = this.readings.get(runId);
		const now = Date.now();
		if (known !== undefined && now - known.startedAt < freshForMs) return await known.run;
		const run = this.client.getRun(runId, signal);
		this.readings.set(runId, { run, startedAt: now });
		return await run;
	}
}

function sentUrlsOf(images: EarlierImages, sent: SentUrls): string[] {
	const urls: string[] = [];
	for (let number = images.imageNumber || 1; ; number++) {
		const url = sent[keyOf(images, number)];
		if (url !== undefined) urls.push(url);
		if (url === undefined || images.imageNumber > 0) return urls;
	}
}

function keyOf({ runId }: EarlierImages, imageNumber: number): string {
	return `run ${runId} image ${imageNumber}`;
}
