import {
	analyzePackage,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

import { root } from './setup.mjs';

// Does what n8n's own scan does to a published package, but before publishing: scans the sources as they
// are here, and the unpacked tarball in the folder named on the command line.
const [unpacked] = process.argv.slice(2);
const results = [
	await analyzePackage(root, SOURCE_FILE_PATTERNS),
	await analyzePackage(unpacked, ['**/*.js', 'package.json']),
];
for (const { details, message, passed } of results) {
	if (!passed) console.error(message, details ?? '');
}
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
