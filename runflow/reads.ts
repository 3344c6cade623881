import { requestJson, usualTimeoutMs, type Send } from './request';
import { runSchema, type Run } from './run';

/** Reads a run once: `GET /v1/runs/{id}` (RUN-G). Throws a RunflowError that names the run. */
export async function readRun(send: Send, id: string): Promise<Run> {
	const path = `/v1/runs/${encodeURIComponent(id)}`;
	return await requestJson(send, { method: 'GET', path, timeoutMs: usualTimeoutMs }, runSchema, id);
}
