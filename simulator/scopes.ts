/** Every scope that a key of the simulator may have (ADC, UPLOAD). */
export const allScopes = [
	'runs:create',
	'runs:read',
	'runs:execute',
	'assets:create',
	'assets:read',
] as const;

const needs: ReadonlyArray<readonly [request: RegExp, scope: (typeof allScopes)[number]]> = [
	[/^POST \/v1\/models\/.+\/runs$/, 'runs:create'],
	[/^POST \/v1\/runs\/[^/]+\/callback-redeliveries$/, 'runs:execute'],
	[/^GET \/v1\/runs(\/|$)/, 'runs:read'],
	[/^POST \/v1\/asset-uploads(\/|$)/, 'assets:create'],
	[/^GET \/v1\/assets\//, 'assets:read'],
];

/**
 * The scope that a key lacks for a request; null where it may send it. Whether a narrowed key may ask
 * who it belongs to is not documented, so here it may not.
 */
export function missingScope(
	method: string,
	url: string,
	scopes: readonly string[],
): string | null {
	const [path = ''] = url.split('?');
	if (path === '/v1/auth/me') return allScopes.find((scope) => !scopes.includes(scope)) ?? null;
	const needed = needs.find(([request]) => request.test(`${method} ${path}`))?.[1];
	return needed === undefined || scopes.includes(needed) ? null : needed;
}
