import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';

import type { Theme } from './editor';

const docs = join(__dirname, '..', '..', 'docs');

/** Messages that come and go, the blinking cursor, and what floats above canvas and panel. */
const hidden = `
	.el-notification, [data-test-id="canvas-controls"], [data-test-id="canvas-minimap"], [data-test-id="floating-node"],
	[class*="_executionButtons"], [class*="nodeViewTools"] { visibility: hidden !important; }
	* { caret-color: transparent !important; }
`;

/** Part of a page, in pixels. */
export interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Saves a picture of a page, an area or an element as `docs/<name>.png`, the dark one as `docs/<name>-dark.png`. */
export async function savePicture(
	target: Page | Locator,
	name: string,
	theme: Theme,
	clip?: Area,
): Promise<void> {
	const path = join(docs, `${name}${theme === 'dark' ? '-dark' : ''}.png`);
	mkdirSync(dirname(path), { recursive: true });
	const picture = await target.screenshot({ style: hidden, ...(clip && { clip }) });
	await sharp(picture).png({ palette: true, effort: 10, compressionLevel: 9 }).toFile(path);
}

/** The area that all of these elements take up, with a margin in pixels, inside the page. */
export async function areaOf(page: Page, elements: Locator, margin: number): Promise<Area> {
	const boxes = (
		await Promise.all((await elements.all()).map(async (one) => await one.boundingBox()))
	).filter((box) => box !== null);
	const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
	const left = Math.max(0, Math.min(...boxes.map(({ x }) => x)) - margin);
	const top = Math.max(0, Math.min(...boxes.map(({ y }) => y)) - margin);
	const right = Math.min(width, Math.max(...boxes.map((box) => box.x + box.width)) + margin);
	const bottom = Math.min(height, Math.max(...boxes.map((box) => box.y + box.height)) + margin);
	return { x: left, y: top, width: right - left, height: bottom - top };
}
