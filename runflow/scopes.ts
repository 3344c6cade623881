/** What a key may be allowed to do, as far as this package asks for it (ADC). */
export type Scope = 'assets:create' | 'runs:create' | 'runs:execute' | 'runs:read';

const scopesOfPosts: ReadonlyArray<readonly [path: RegExp, scope: Scope]> = [
	[/^\/v1\/asset-uploads(\/|$)/, 'assets:create'],
	[/\/callback-redeliveries$/, 'runs:execute'],
	[/^\/v1\/models\/.+\/runs$/, 'runs:create'],
];

/** The scope that a request needs of the key (ADC); null for a request that this package never sends. */
export function scopeOf(method: string, path: string): Scope | null {
	if (method === 'POST') return scopesOfPosts.find(([posted]) => posted.test(path))?.[1] ?? null;
	return /^\/v1\/runs(\/|$)/.test(path) ? 'runs:read' : null;
}
