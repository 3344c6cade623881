/** A raw answer; `body` is parsed JSON, or text where it isn't JSON. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: unknown;
	milliseconds: number;
}

/** A file as it arrived. */
export interface ReceivedFile {
	status: number;
	headers: Record<string, string>;
	contentType: string | null;
	bytes: Buffer;
}

/** A request to the API. */
export interface Call {
	method: string;
	path: string;
	query?: Record<string, string | number>;
	headers?: Record<string, string>;
	body?: object;
	/** The key to send in place of the account's. */
	apiKey?: string;
	timeoutMs?: number;
}

/** What sends requests and writes them down under a name. */
export interface Wire {
	account: { baseUrl: string; apiKey: string };
	call: (name: string, call: Call) => Promise<Answer>;
	file: (name: string, url: string, init?: RequestInit) => Promise<ReceivedFile>;
}
