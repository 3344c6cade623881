import type { FastifyInstance } from 'fastify';

import { refuse } from '../answers';
import { missingScope } from '../scopes';
import type { SimulatorState } from '../state';

const healthPath = '/v1/health';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `GET /v1/auth/me` (ME), the balance (PRICE, ADC), `GET /v1/health`, and the check of the key, its scopes and the organization on every other call below `/v1`. */
export function accountRoutes(app: FastifyInstance, { settings }: SimulatorState): void {
	app.addHook('onRequest', async (request, reply) => {
		if (!request.url.startsWith('/v1/') || request.url === healthPath) return;
		const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
		if (!/^rf_(live|svc)_[a-z0-9_]+$/i.test(key)) {
			return await refuse(reply, 401, 'UNAUTHORIZED', 'Missing or unknown API key.');
		}
		if (key.startsWith('rf_svc_') && request.method === 'POST') {
			return await refuse(reply, 403, 'PERMISSION_DENIED', 'Service keys cannot dispatch runs.');
		}
		const organization = request.headers['x-organization-id'];
		if (organization !== undefined && !uuid.test(String(organization))) {
			return await refuse(reply, 403, 'ORGANIZATION_MEMBERSHIP_REQUIRED', 'Not a member.');
		}
		const scope = missingScope(request.method, request.url, settings.scopes);
		if (scope !== null) {
			return await refuse(reply, 403, 'PERMISSION_DENIED', `The key lacks the scope ${scope}.`);
		}
	});

	app.addHook('onSend', async (_request, reply) => {
		if (settings.hasRateHeaders) {
			reply.headers({ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59' });
		}
	});

	app.get('/v1/billing/balance', async (_request, reply) => {
		if (settings.balanceAs === 'elsewhere')
			return await refuse(reply, 404, 'NOT_FOUND', 'No such path.');
		return settings.balanceAs === 'cents'
			? { balance_cents: 1000, currency: 'USD' }
			: { balance: '10.00', low_balance_threshold: null };
	});

	app.get(healthPath, async () => ({ status: 'ok' }));

	app.get('/v1/auth/me', async () => ({
		id: '0197a3c2-0000-7000-8000-000000000001',
		email: 'simulator@example.com',
		first_name: 'Sim',
		last_name: 'Ulator',
		avatar_url: null,
		timezone: 'UTC',
		locale_code: 'en',
		email_verified_at: '2026-05-01T08:00:00Z',
		memberships: [
			{
				org: {
					id: '0197a3c2-0000-7000-8000-000000000002',
					name: 'Simulated',
					slug: 'simulated',
					plan_code: 'free',
				},
				role_code: 'owner',
				scopes: settings.scopes.map((scope) => scope.replace(':', settings.scopeSeparator)),
			},
		],
	}));
}
