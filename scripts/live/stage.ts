import { setTimeout as sleep } from 'node:timers/promises';

import type { LiveApi } from './api';
import type { Budget } from './budget';
import { NotTried } from './notTried';
import type { Receiver } from './receiver';

/** How long things are waited for; in milliseconds unless named otherwise. */
export interface Pace {
	/** The longest gap between two reads of a pending run. */
	pollSeconds: number;
	runTimeoutSeconds: number;
	/** The gap between two looks at a list that doesn't have a new run yet, and how long it may lack it. */
	lagGapMs: number;
	longestLagMs: number;
	/** Between two reads of the same run, since signatures may change with the second. */
	betweenReadsMs: number;
	/** How long a callback is waited for, and for how long none has to come to be taken as the last. */
	callbackMs: number;
	quietMs: number;
	/** Between which gaps a callback that failed is sent again 'about a second later'. */
	retryGapMs: readonly [least: number, most: number];
}

/** A run that was asked for, and may have to be paid for. */
export interface AskedRun {
	name: string;
	ref: string;
	/** Null where no answer has said so. */
	id: string | null;
	/** Whether its create was sent again, so that other runs may have its reference. */
	isRepeated: boolean;
}

/** What all checks of one trial share. */
export class Stage {
	private readonly made = new Map<string, Promise<unknown>>();

	/** The runs that were asked for and not refused, as they are known. */
	readonly askedFor: AskedRun[] = [];

	constructor(
		readonly api: LiveApi,
		readonly options: {
			/** Whether nothing that costs money is tried. */
			isFree: boolean;
			/** Whether a picture in Medium and one in High are made. */
			withPrices: boolean;
			/** The secrets with which callbacks may be signed. */
			signingSecrets: readonly string[];
			pace: Pace;
		},
		readonly budget: Budget,
		/** Null where no public URL leads to this machine. */
		readonly receiver: Receiver | null,
	) {}

	/** What `make` makes, made once for all checks that ask for it by this name. */
	async once<T>(name: string, make: () => Promise<T>): Promise<T> {
		const made = (this.made.get(name) as Promise<T> | undefined) ?? make();
		this.made.set(name, made);
		return await made;
	}

	/** Waits until everything that was begun has ended, well or not. */
	async settled(): Promise<void> {
		await Promise.allSettled(this.made.values());
	}

	/** Waits until a signature would be another one. */
	async pause(): Promise<void> {
		await sleep(this.options.pace.betweenReadsMs);
	}

	/** What `make` makes with this stage, or the reason why that can't be tried. Throws anything but NotTried. */
	async attempted<T>(
		make: (stage: Stage) => Promise<T>,
	): Promise<{ made: T } | { reason: string; error: NotTried }> {
		try {
			return { made: await make(this) };
		} catch (error) {
			if (error instanceof NotTried) return { reason: error.message, error };
			throw error;
		}
	}
}
