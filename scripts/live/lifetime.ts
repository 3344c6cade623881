/** How many seconds a presigned URL works by its own query; null where that says nothing. */
export function lifetimeOf(url: string): number | null {
	const query = new URL(url).searchParams;
	const lasting = query.get('X-Amz-Expires') ?? query.get('X-Goog-Expires');
	if (lasting !== null) return Number(lasting);
	const until = query.get('Expires') ?? query.get('expires');
	return until === null ? null : Math.round(Number(until) - Date.now() / 1000);
}
