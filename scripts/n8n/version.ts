/** The newest n8n that the package is tried with; the demo and the tests use it unless told otherwise. */
export const newestVersion = '2.41.1';

/** The version of the n8n that the demo and the tests use; the environment's N8N_VERSION names another. */
export const n8nVersion = process.env.N8N_VERSION ?? newestVersion;

/** Returns whether an n8n's version is the given 'major.minor' or newer. */
export function isAtLeast(version: string, oldest: string): boolean {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
	return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
