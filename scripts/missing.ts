import { howToInstallChromium, findChromium } from './browser/chromium';
import { howToInstall, missingServices } from './n8n/services';

/**
 * What each layer of the tests needs besides Node: a text that says what to install, or null if everything
 * is there.
 */
const needs: Readonly<Record<string, () => string | null>> = {
	browser: () => (findChromium() === null ? howToInstallChromium : null),
	queue: () => {
		const missing = missingServices();
		return missing.length > 0 ? howToInstall(missing) : null;
	},
};

/** Says what to install where the tests of that layer can't run here, and ends with exit code 1. */
const missing = needs[process.argv[2] ?? '']?.() ?? null;
if (missing !== null) {
	console.error(missing);
	process.exit(1);
}
