import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { withoutSecrets } from './redaction';

/** A request and its answer, or a callback, as they are written down. */
export interface Exchange {
	request: object;
	answer: object;
}

/** What was asked and answered, by the name of the check or run that it belongs to. */
export class Records {
	private readonly exchanges = new Map<string, Exchange[]>();

	/** `secrets` maps each text that must not be written down to what stands for it. */
	constructor(
		private readonly secrets: ReadonlyMap<string, string>,
		/** Where each is written as soon as it is known; null for nowhere. */
		private readonly folder: string | null = null,
	) {
		if (folder !== null) this.write(folder);
	}

	/** Notes an exchange; one that repeats the last, such as the read of a pending run, is left out. */
	add(name: string, exchange: Exchange): void {
		const kept = withoutSecrets(exchange, this.secrets) as Exchange;
		const list = this.exchanges.get(name) ?? [];
		const isRepeated = contentOf(list.at(-1)) === contentOf(kept);
		if (isRepeated) return;
		this.exchanges.set(name, [...list, kept]);
		if (this.folder === null) return;
		try {
			this.writeOne(this.folder, name);
		} catch {
			// Runs are being paid for: a full disk must not end the trial.
		}
	}

	/** The names that something was noted under. */
	names(): string[] {
		return [...this.exchanges.keys()];
	}

	/** The bodies of the answers that were noted under this name, without secrets. */
	bodiesOf(name: string): unknown[] {
		return (this.exchanges.get(name) ?? []).map(({ answer }) => Object(answer).body as unknown);
	}

	/** Writes a file for each name into that folder, and removes those of an earlier time. */
	write(folder: string): void {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		for (const name of this.names()) this.writeOne(folder, name);
	}

	private writeOne(folder: string, name: string): void {
		const list = this.exchanges.get(name) ?? [];
		writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(list, null, '\t')}\n`);
	}
}

function contentOf(exchange: Exchange | undefined): string {
	return JSON.stringify(exchange, (name, value: unknown) =>
		['date', 'milliseconds'].includes(name) ? undefined : value,
	);
}
