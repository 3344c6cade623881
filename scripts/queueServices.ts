import { howToInstall, missingServices } from './n8n/services';

/** Says what to install where the tests of queue mode can't run here, and ends with exit code 1. */
const missing = missingServices();
if (missing.length > 0) {
	console.error(howToInstall(missing));
	process.exit(1);
}
