/** Stops the n8n of the e2e tests. */
export default async function globalTeardown(): Promise<void> {
	await globalThis.runningN8n?.stop();
}
