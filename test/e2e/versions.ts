import { isAtLeast, n8nVersion } from '../../scripts/n8n/version';

/** What n8n itself has learnt since the oldest version that the tests run on, and where they found it first. */
const firstWith = {
	'a JSON body with a byte order mark': '2.21',
	'a schema of tools with fields that the agent fills in': '2.21',
	'all files of an item on the last page of a form': '2.21',
	'binary data in the JSON of an item': '2.0',
	'protection against requests to addresses of its own': '2.0',
	'a burst of calls that SQLite survives': '2.0',
	'signed resume URLs': '2.0',
	'the items of a sub-workflow that slept': '2.0',
	'the nodes of the examples': '2.0',
	'the setting N8N_STORAGE_PATH': '2.0',
} as const;

type Feature = keyof typeof firstWith;

/** Whether the n8n under test has what a test is about. */
export function hasFeature(feature: Feature): boolean {
	return isAtLeast(n8nVersion, firstWith[feature]);
}

/** Jest's `it` where the n8n under test has that feature; elsewhere the test is reported as skipped. */
export function itWith(feature: Feature): jest.It {
	return hasFeature(feature) ? it : it.skip;
}

/** Jest's `describe`, as `itWith`. */
export function describeWith(feature: Feature): jest.Describe {
	return hasFeature(feature) ? describe : describe.skip;
}
