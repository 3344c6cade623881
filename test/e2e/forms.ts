import { setTimeout as sleep } from 'node:timers/promises';

/** What a visitor enters in one field; several files go into one field. */
export type Answer = string | File[];

/** A visitor of a multi-page form, who does by HTTP what the page's script does in a browser. */
export class Visitor {
	private constructor(private readonly waitingUrl: URL) {}

	/** Submits the first page of a published form. Throws unless n8n names the page to wait for. */
	static async submit(url: string, answers: Answer[]): Promise<Visitor> {
		const answer = await fetch(url, { method: 'POST', body: formData(answers) });
		const { formWaitingUrl } = (await answer.json()) as { formWaitingUrl?: string };
		if (!formWaitingUrl) throw new Error(`the form at ${url} answered ${answer.status}`);
		return new Visitor(new URL(formWaitingUrl));
	}

	/** The id of the execution that the form started. */
	get executionId(): string {
		return this.waitingUrl.pathname.split('/').at(-1) ?? '';
	}

	/** Waits until the execution shows its next page, and returns the HTML. Throws if it ends, or after `timeoutMs`. */
	async nextPage(timeoutMs = 60_000): Promise<string> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const status = await this.status();
			if (status === 'form-waiting') return await (await fetch(this.waitingUrl)).text();
			if (!['new', 'running', 'waiting'].includes(status) || Date.now() > deadline) {
				throw new Error(`there is no next page: the execution is ${status}`);
			}
			await sleep(100);
		}
	}

	/** What the execution is doing, in the words of the page's script. */
	async status(): Promise<string> {
		const url = new URL(this.waitingUrl);
		url.pathname += '/n8n-execution-status';
		return await (await fetch(url)).text();
	}

	/** Submits the page that is shown; a last page submits itself, without answers. */
	async submit(answers: Answer[] = []): Promise<void> {
		const body = answers.length > 0 ? formData(answers) : undefined;
		await fetch(this.waitingUrl, { method: 'POST', body, redirect: 'manual' });
	}
}

/** A file in the page's script. */
interface DownloadedFile {
	fileName: string;
	data: { data: number[] };
}

/** The files that a last page downloads; n8n 2.20 and older knows one only. */
export function downloadsOf(page: string): Array<{ fileName: string; bytes: Buffer }> {
	const encoded = /const binar(?:y|ies) = "([^"]*)"/.exec(page)?.[1] ?? '';
	const files = JSON.parse(decodeURIComponent(encoded)) as DownloadedFile | DownloadedFile[];
	return [files].flat().map(({ fileName, data }) => ({ fileName, bytes: Buffer.from(data.data) }));
}

/** The addresses of the pictures that a page shows. */
export function picturesOf(page: string): string[] {
	return [...page.matchAll(/<img src="([^"]+)"/g)].map(([, url]) =>
		(url ?? '').replaceAll('&amp;', '&'),
	);
}

/** The targets of a page's links. */
export function linksOf(page: string): string[] {
	return [...page.matchAll(/<a href="([^"]+)"/g)].map(([, url]) =>
		(url ?? '').replaceAll('&amp;', '&'),
	);
}

function formData(answers: Answer[]): FormData {
	const data = new FormData();
	for (const [position, answer] of answers.entries()) {
		const values = typeof answer === 'string' ? [answer] : answer;
		for (const value of values) data.append(`field-${position}`, value);
	}
	return data;
}
