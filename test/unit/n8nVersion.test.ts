import { cacheManifest } from '../../scripts/n8n/install';
import { isAtLeast } from '../../scripts/n8n/version';

describe("n8n's version", () => {
	it.each([
		['2.41.1', '2.21', true],
		['2.21.0', '2.21', true],
		['2.20.12', '2.21', false],
		['1.123.81', '2.0', false],
		['3.0.0', '2.21', true],
	])('%s is at least %s: %s', (version, oldest, expected) => {
		expect(isAtLeast(version, oldest)).toBe(expected);
	});

	it.each(['1.123.81', '2.20.12'])("replaces n8n %s's xlsx by the registry's", (version) => {
		expect(cacheManifest(version)).toMatchObject({ overrides: { xlsx: '0.18.5' } });
	});

	it('leaves newer releases as they are', () => {
		expect(cacheManifest('2.41.1')).not.toHaveProperty('overrides');
	});
});
