import { z } from 'zod/v3';

import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';

const scopesSchema = z.object({ memberships: z.array(z.object({ scopes: z.array(z.string()) })) });
const textsOf = z.record(z.unknown());

/** The check without which nothing else can be tried. */
export const keyCheck: Check = {
	id: 'key',
	assumption: 'The key as a bearer token may list runs, which is how the credential is tested',
	source: 'AUTH, SDK',
	copes: null,
	decides: 'credentials/RunflowApi.credentials.ts',
	needs: 'nothing',
	attempt: async (_stage, api) => {
		const { body, status } = await api.get('/v1/runs', { limit: 1 });
		if (status === 401) throw new NotTried('the key was refused with 401: correct RUNFLOW_API_KEY');
		if (status === 429 || status >= 500)
			throw new NotTried(`it was answered with ${status}: try again later`);
		if (status === 404 || typeof body !== 'object' || body === null) {
			throw new NotTried(
				`${status} and no list of runs: correct RUNFLOW_BASE_URL, which takes the address of the API without '/v1'`,
			);
		}
		return status === 200 ? holds('200') : breaks(`GET /v1/runs answered ${status}`);
	},
};

/** What the API says of the account. */
export const accountChecks: Check[] = [
	{
		id: 'scopes',
		assumption: "Scopes are spelled 'runs:read', and the key may ask for its own",
		source: 'ME, ADC',
		copes: 'Only messages name a scope; nothing else depends on it',
		decides: 'runflow/apiError.ts',
		needs: 'nothing',
		attempt: async (_stage, api) => {
			const { body, status } = await api.get('/v1/auth/me');
			if (status !== 200) throw new NotTried(`GET /v1/auth/me answered ${status}`);
			const memberships = scopesSchema.safeParse(body).data?.memberships ?? [];
			const scopes = [...new Set(memberships.flatMap((membership) => membership.scopes))];
			if (scopes.length === 0) throw new NotTried('GET /v1/auth/me names no scopes');
			return holdsIf(scopes.includes('runs:read'), scopes.join(', '));
		},
	},
	{
		id: 'balance',
		assumption: '`GET /v1/billing/balance` answers `balance_cents`',
		source: 'PRICE, ADC',
		copes: 'The package reads no balance; docs/costs.md says what happens when it runs out',
		decides: 'docs/costs.md',
		needs: 'nothing',
		attempt: async (_stage, api) => {
			const first = await api.get('/v1/billing/balance');
			if (first.status === 403) throw new NotTried('the key may not read it');
			const isThere = first.status === 200;
			const { body, status } = isThere ? first : await api.get('/v1/credit-balances');
			const place = isThere ? '/v1/billing/balance' : `${first.status}; /v1/credit-balances`;
			const names = Object.keys(textsOf.safeParse(body).data ?? {});
			const seen = `${place}: ${status} ${names.join(', ')}`;
			return holdsIf(isThere && names.includes('balance_cents'), seen);
		},
	},
	{
		id: 'rate-headers',
		assumption: 'No answer has headers about rate limits',
		source: 'RATE-new',
		copes: '`Retry-After` is honoured where it comes; no other header is read',
		decides: 'runflow/retry.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const seen = [...stage.api.rateHeaders];
			return seen.length === 0 ? holds('none so far') : differs(seen.join(', '));
		},
	},
];
