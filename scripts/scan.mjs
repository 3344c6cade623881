import {
	analyzePackage,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

import { root } from './setup.mjs';

// Does what n8n's own scan does to a published package, but before publishing: scans the sources as they
// are here, and the unpacked tarball in the folder named on the command line. The scan passes where it
// finds no file, but says so; here that is a failure. Its check of the provenance needs a published package.
const [unpacked] = process.argv.slice(2);
const results = [
	await analyzePackage(root, SOURCE_FILE_PATTERNS),
	await analyzePackage(unpacked, ['**/*.js', 'package.json']),
];
const failed = results.filter(({ passed, message }) => !passed || message !== undefined);
for (const { details, message } of failed) console.error(message, details ?? '');
process.exit(failed.length > 0 ? 1 : 0);
