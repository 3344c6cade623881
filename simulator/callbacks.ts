import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventOf } from '../runflow/callback';
import { sign } from '../runflow/signature';
import type { Misbehaviour, Settings } from './options';
import type { RunStore, SimulatedRun } from './store';
import { uuid7 } from './uuid7';

/** One delivery of a callback, as `GET /v1/runs/{id}/callback` lists it (HIST); times in milliseconds. */
export interface Delivery {
	id: string;
	runId: string;
	url: string;
	payload: string;
	isAutomatic: boolean;
	createdAt: number;
	attempts: Array<{ status: number | null; at: number }>;
}

const answerTimeoutMs = 10_000;

/** A timer may fire a little early, and a callback must not be sent before its run has ended. */
const timerSlackMs = 5;

/** Sends callbacks when runs have ended, as the seed says, unless a rule says otherwise. */
export class Callbacks {
	readonly deliveries: Delivery[] = [];

	private readonly closed = new AbortController();

	constructor(
		private readonly settings: Settings,
		private readonly misbehaviour: Misbehaviour,
		private readonly store: RunStore,
	) {
		setMaxListeners(0, this.closed.signal);
	}

	/** Schedules a new run's callback. Resolves at once, except for an early callback, which it delivers first. */
	async schedule(run: SimulatedRun): Promise<void> {
		const url = run.request.callback_url;
		const { prompt } = run.request.input;
		if (url === undefined) return;
		if (this.misbehaviour.take('omit-callback', prompt)) return;
		if (this.misbehaviour.take('early-callback', prompt))
			return void (await this.deliver(run, url));
		const delayMs = this.misbehaviour.take('late-callback', prompt)?.delay ?? 0;
		const copies = this.misbehaviour.take('repeat-callback', prompt) ? 3 : 1;
		void this.afterwards(run, url, delayMs, copies);
	}

	/** Delivers the callback of an ended run once more (REDEL). */
	async redeliver(run: SimulatedRun, url: string): Promise<Delivery> {
		return await this.deliver(run, url, false);
	}

	close(): void {
		this.closed.abort();
	}

	private async afterwards(
		run: SimulatedRun,
		url: string,
		delayMs: number,
		copies: number,
	): Promise<void> {
		const { signal } = this.closed;
		try {
			await sleep(Math.max(0, run.endsAt - Date.now()) + timerSlackMs + delayMs, undefined, {
				signal,
			});
			await Promise.all(Array.from({ length: copies }, async () => await this.deliver(run, url)));
		} catch {
			// the simulator was closed meanwhile
		}
	}

	private async deliver(run: SimulatedRun, url: string, isAutomatic = true): Promise<Delivery> {
		const { body, headers } = await this.message(run, isAutomatic);
		const createdAt = Date.now();
		const delivery: Delivery = {
			id: uuid7(createdAt),
			runId: run.id,
			url,
			payload: body.toString(),
			isAutomatic,
			createdAt,
			attempts: [],
		};
		this.deliveries.push(delivery);
		for (const gapMs of [...this.settings.retryGaps, null]) {
			const status = await post(url, headers, body);
			delivery.attempts.push({ status, at: Date.now() });
			const leastFailure = this.settings.retriesRefusals ? 400 : 500;
			const again = status === null || status >= leastFailure;
			if (!again || gapMs === null || this.closed.signal.aborted) break;
			await sleep(gapMs, undefined, { signal: this.closed.signal });
		}
		return delivery;
	}

	private async message(run: SimulatedRun, isAutomatic: boolean) {
		const { prompt } = run.request.input;
		const view = await this.store.view(run);
		const status = String(view.status_code);
		const { completedEvent, failedOutput, redeliversOldPayload, sendsRequestId } = this.settings;
		const event = status === 'succeeded' ? completedEvent : eventOf(status);
		const isEnvelope = status === 'failed' && failedOutput === 'envelope';
		const first = this.deliveries.find(({ runId }) => runId === run.id);
		const old = redeliversOldPayload && !isAutomatic ? first?.payload : undefined;
		const body = Buffer.from(
			old ??
				JSON.stringify({
					event: event ?? `run.${status}`,
					run_id: run.id,
					status,
					output: isEnvelope ? { ...run.failure, errors: null } : view.output,
					duration_ms: view.duration_ms,
					created_at: withOffset(view.created_at),
					completed_at: withOffset(view.completed_at ?? view.finished_at),
					metadata: view.metadata,
				}),
		);
		const headers: Record<string, string> = {
			'content-type': 'application/json',
			...(sendsRequestId && { 'Runflow-Request-Id': randomUUID() }),
		};
		const secret = this.settings.signingSecret;
		const forged = this.misbehaviour.take('forge-callback', prompt) !== null;
		const unsigned = this.misbehaviour.take('unsigned-callback', prompt) !== null;
		if (secret !== null && !unsigned) {
			headers['Runflow-Signature'] = sign(forged ? 'another secret' : secret, body);
		}
		if (this.misbehaviour.take('tamper-callback', prompt))
			body.write('X', body.indexOf('run.') + 4);
		return { body, headers };
	}
}

async function post(
	url: string,
	headers: Record<string, string>,
	body: Buffer,
): Promise<number | null> {
	try {
		const signal = AbortSignal.timeout(answerTimeoutMs);
		return (await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal }))
			.status;
	} catch {
		return null;
	}
}

/** Callbacks write UTC's offset as `+00:00` (CB). */
function withOffset(time: unknown): string | null {
	return typeof time === 'string' ? time.replace('Z', '+00:00') : null;
}
