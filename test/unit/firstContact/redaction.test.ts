import { cleanText, secretsOfUrl, withoutSecrets } from '../../../scripts/live/redaction';

const key = 'oddkey-no-prefix-123456';
const secret = 'plain/secret+without=prefix';
const secrets = new Map([
	[key, 'the-key'],
	[secret, 'the-signing-secret'],
]);

describe('what a trial writes down', () => {
	it.each([
		`bad key ${key}`,
		`bad secret ${secret}`,
		`https://x.example/?s=${encodeURIComponent(secret)}`,
		'https://s3.example/x?X-Amz-Signature=LEAK&X-Amz-Credential=LEAK&X-Amz-Security-Token=LEAK',
		'https://x.example/?to=https%3A%2F%2Fs3.example%2Fx%3FX-Amz-Signature%3DLEAK%26a%3Db',
		'https://u:LEAK@h.example/x#access_token=LEAK%2FLEAK',
		'https://h.example/x?credential=a%2FLEAK',
		'by leak.doe@acme.example',
		'by leak.doe%40acme.example',
		`data: {"key":"${key}"}`,
		'data:,leak.doe@acme.example',
	])('has no secret of the text %s', (text) => {
		const clean = cleanText(text, secrets);
		expect(clean).not.toMatch(/leak/i);
		expect(clean).not.toContain(key);
		expect(clean).not.toContain(secret);
		expect(clean).not.toContain(encodeURIComponent(secret));
	});

	it.each([
		{ 'x-amz-security-token': 'LEAK' },
		{ 'Proxy-Authorization': 'LEAK' },
		{ access_token: 'LEAK', refresh_token: 'LEAK', session: { token: { value: 'LEAK' } } },
		{ clientSecret: 'LEAK', password: 'LEAK', api_key: 'LEAK', 'x-api-key': 'LEAK' },
		{ name: 'LEAK', full_name: 'LEAK', username: 'LEAK', organization_name: 'LEAK', phone: 'LEAK' },
		{ memberships: [{ organization: { id: '1', name: 'LEAK' } }] },
		{ user: { name: 'LEAK' }, organizations: [{ name: 'LEAK' }] },
		{ name: 'LEAK', email: 'a@b.example' },
		{ organization: 'LEAK', created_by: 'LEAK', members: ['LEAK'] },
		{ workspace: { name: 'LEAK' }, invited_by: { name: 'LEAK' }, people: [{ name: 'LEAK' }] },
		{ tokens: ['LEAK'], private_key: 'LEAK', access_key_id: 'LEAK', session_id: 'LEAK' },
	])('has nothing secret or personal of the object %j', (value) => {
		expect(JSON.stringify(withoutSecrets(value, secrets))).not.toContain('LEAK');
	});

	it('has no key that is the name of a field', () => {
		expect(withoutSecrets({ [key]: true }, secrets)).toEqual({ 'the-key': true });
	});

	it('keeps what is neither', () => {
		const kept = {
			input: { prompt: 'A bell', name: 'square' },
			next: 'cursor',
			token: null,
			has_secret: false,
			url: 'https://files.example/1.png?X-Amz-Expires=60',
		};
		expect(withoutSecrets(kept, secrets)).toEqual(kept);
	});

	it.each([
		'https://user:LEAKpassword@LEAK.example/LEAK-path-9f9f?token=LEAK-token',
		'https://LEAK.example/LEAK-path-9f9f',
	])('has nothing of the callback URL %s', (publicUrl) => {
		const url = new URL(publicUrl);
		const hidden = secretsOfUrl(publicUrl);
		url.searchParams.set('live', 'accepts');
		const clean = cleanText(`${url.href} ${url.pathname} ${url.host}`, hidden);
		expect(clean).not.toMatch(/leak/i);
		expect(clean).toContain('https://callbacks.example.com/callback');
		expect(clean).toContain('live=accepts');
	});
});
