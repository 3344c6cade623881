import { z } from 'zod/v3';

import { textOrNull } from './lenient';

const fieldProblem = z.object({
	loc: z.array(z.union([z.string(), z.number()])).catch([]),
	msg: z.string().catch('is not accepted'),
});

/** One line of a 422: where in the body the problem is, and what it is (COMFY). */
export type FieldProblem = z.infer<typeof fieldProblem>;

const fieldProblems = z.array(fieldProblem).catch([]);
const flatError = z.object({ code: textOrNull, message: textOrNull, errors: fieldProblems });

/**
 * The body of a refused request: flat as ERR documents it, nested under `error` (SDK), or `detail` as text
 * or list (SKILL). Anything that isn't an object yields nulls and an empty list.
 */
export const apiErrorSchema = z
	.object({ error: flatError.nullish().catch(null), detail: z.unknown() })
	.merge(flatError)
	.transform(({ error, detail, ...flat }) => ({
		code: flat.code ?? error?.code ?? null,
		message: flat.message ?? error?.message ?? (typeof detail === 'string' ? detail : null),
		fields:
			[flat.errors, error?.errors ?? [], fieldProblems.parse(detail)].find(
				(list) => list.length > 0,
			) ?? [],
	}))
	.catch({ code: null, message: null, fields: [] });

/** The scopes of a key that this package asks for (ADC). */
export type Scope = 'assets:create' | 'runs:create' | 'runs:execute' | 'runs:read';

const scopesOfPosts: ReadonlyArray<readonly [path: RegExp, scope: Scope]> = [
	[/^\/v1\/asset-uploads(\/|$)/, 'assets:create'],
	[/\/callback-redeliveries$/, 'runs:execute'],
	[/^\/v1\/models\/.+\/runs$/, 'runs:create'],
];

/** The scope that the key needs for a request (ADC); null for a request that this package never sends. */
export function scopeOf(method: string, path: string): Scope | null {
	if (method === 'POST') return scopesOfPosts.find(([posted]) => posted.test(path))?.[1] ?? null;
	return /^\/v1\/runs(\/|$)/.test(path) ? 'runs:read' : null;
}
