import { redact } from '../../runflow/redact';

const secret = 'correct-horse-battery';

describe('what a text of the API hides', () => {
	it.each([
		[`key ${secret} is wrong`, 'key [hidden] is wrong'],
		[`https://cdn.test/a?key=${secret}`, 'https://cdn.test/a?key=[hidden]'],
		[`https://cdn.test/${secret}/a`, 'https://cdn.test/[hidden]/a'],
		[`https://me:${secret}@cdn.test/a`, 'https://me:[hidden]@cdn.test/a'],
		[`https://cdn.${secret}.io/${secret}`, `https://cdn.${secret}.io/[hidden]`],
		[`${secret} at https://${secret}:8080/a`, `[hidden] at https://${secret}:8080/a`],
	])('is a secret, but never within a host name: %s', (text, hidden) => {
		expect(redact(text, [secret])).toBe(hidden);
	});

	it('is nothing that is too short to be a secret', () => {
		const text = 'https://cdn.runflow.io/runflow/a.png';
		expect(redact(text, ['runflow', ''])).toBe(text);
	});

	it('is found at once in a text of a million characters', () => {
		expect(redact(`https://${'a@/'.repeat(300_000)} ${secret}`, [secret])).toContain('[hidden]');
	});
});
