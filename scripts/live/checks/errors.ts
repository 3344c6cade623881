import { randomUUID } from 'node:crypto';

import { z } from 'zod/v3';

import { generateModel } from '../../../runflow/client';
import { apiErrorSchema } from '../../../runflow/apiError';
import { createdRunSchema } from '../../../runflow/run';
import type { Caller } from '../caller';
import { noteUnplanned } from '../spending';
import type { Stage } from '../stage';
import type { Answer } from '../wire';
import { breaks, differs, holds, type Check, type Finding } from '../check';

const envelope = z.object({ code: z.string(), message: z.string() });

/** What a refusal shows: whether it is documented, can be read, or isn't the one that was expected. */
function judge({ body, status }: Answer, expected: number, alsoFine: number[] = []): Finding {
	const { code, message } = apiErrorSchema.parse(body);
	const seen = `${status} ${code ?? message ?? 'without code and message'}`;
	if (![expected, ...alsoFine].includes(status)) return breaks(seen);
	const isFlat = envelope.safeParse(body).success;
	if (isFlat) return status === expected ? holds(seen) : differs(seen);
	const names = Object.keys(z.record(z.unknown()).safeParse(body).data ?? {}).join(', ');
	return differs(`${seen}, in a body of ${names || 'another kind'}`);
}

const copes = 'Reads flat, nested and `detail` bodies, and none at all';

const check = (
	status: number,
	words: Pick<Check, 'assumption' | 'source'> & Partial<Check>,
	ask: (api: Caller, stage: Stage) => Promise<Answer>,
	judgeMore: (answer: Answer, finding: Finding) => Finding = (_answer, finding) => finding,
	alsoFine: number[] = [],
): Check => ({
	id: `error-${status}`,
	copes,
	decides: 'runflow/apiError.ts',
	needs: 'nothing',
	...words,
	attempt: async (stage, api) => {
		const answer = await ask(api, stage);
		return judgeMore(answer, judge(answer, status, alsoFine));
	},
});

/** How the API refuses. */
export const errorChecks: Check[] = [
	check(
		401,
		{ assumption: 'A wrong key is answered with 401 and `{code, message}`', source: 'AUTH, ERR' },
		async (api) =>
			await api.call({
				method: 'GET',
				path: '/v1/runs',
				query: { limit: 1 },
				apiKey: `no-key-${randomUUID()}`,
			}),
	),
	check(
		404,
		{
			assumption: 'A run that does not exist is answered with 404 and `{code, message}`',
			source: 'RUN-G, ERR',
		},
		async (api) => await api.get(`/v1/runs/${randomUUID()}`),
	),
	check(
		422,
		{
			assumption:
				'An input without a prompt is refused with 422, and `errors[].loc` names the field',
			source: 'ERR, COMFY',
		},
		async (api, stage) => {
			const answer = await api.create(`/v1/models/${generateModel}/runs`, { input: {} });
			if (answer.status < 300) noteUnplanned(stage, 'error-422', answer);
			return answer;
		},
		({ body, status }, finding) => {
			const made = status < 300 ? createdRunSchema.safeParse(body).data : undefined;
			if (made) return breaks(`${status}: run ${made.id} was made, and may have to be paid for`);
			const { fields } = apiErrorSchema.parse(body);
			const lines = fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
			const seen = `${finding.seen}; ${lines || 'no field is named'}`;
			const namesPrompt = fields.some(({ loc }) => loc.includes('prompt'));
			return finding.outcome === 'holds' && !namesPrompt ? differs(seen) : { ...finding, seen };
		},
		[400],
	),
];
