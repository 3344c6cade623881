import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const outsideOfPath = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** What a person has to do where no Chromium is found. */
export const howToInstallChromium =
	'A browser is needed, and this machine has no Chromium. Install it with: apt-get install chromium. Or set CHROMIUM to the path of a Chromium or Chrome that you have.';

/** Returns the path of a Chromium or Chrome: what CHROMIUM says, else an installed one; null where there is none. */
export function findChromium(): string | null {
	const { CHROMIUM, PATH = '' } = process.env;
	const installed = PATH.split(delimiter).flatMap((folder) =>
		names.map((name) => join(folder, name)),
	);
	const candidates = CHROMIUM ? [CHROMIUM] : [...installed, ...outsideOfPath];
	return candidates.find((path) => existsSync(path)) ?? null;
}

/** Starts a Chromium without a window. Throws, saying what to install, where there is none. */
export async function launchChromium(): Promise<Browser> {
	const executablePath = findChromium();
	if (executablePath === null) throw new Error(howToInstallChromium);
	return await chromium.launch({
		executablePath,
		args: [
			// Chromium's sandbox doesn't work for root, as which containers run.
			'--no-sandbox',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
}
