import type { INode } from 'n8n-workflow';

/** A rectangle on n8n's canvas, in pixels. */
export interface Box {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

/** Sizes of nodes as n8n 2.41 draws them. */
const nodeSize = { width: 96, height: 96 };
const subnodeSize = { width: 80, height: 80 };
const widthWithSubnodes = 256;
const labelHeight = 44;

/** Measures of a note's text, a little wider than n8n's own so that nothing is cut off. */
const notePadding = 32;
const text = { letter: 7, line: 20, after: 2 };
const heading = { letter: 9.5, line: 27, after: 8 };
const emptyLine = 8;
const listIndent = 24;

/** What n8n 2.41 shows of the canvas on a laptop with 1280 × 800 pixels, and where its checklist lies, in pixels. */
const pane = { width: 1238, height: 698 };
const checklist = { left: 16, top: 13, right: 376, bottom: 354 };

/** How much larger than the workflow n8n makes the part of the canvas that it shows first. */
const margin = 1.2;

const subnodeTypes = /lmChat|memory|gptImage2Tool$/;

/** Whether a node is a sticky note. */
export function isNote({ type }: INode): boolean {
	return type === 'n8n-nodes-base.stickyNote';
}

/** The rectangle that a node covers, with the label below it; of a note, the note itself. */
export function boxOf(node: INode): Box {
	const [left, top] = node.position;
	const { width, height } = sizeOf(node);
	return { left, top, right: left + width, bottom: top + height };
}

function sizeOf(node: INode): { width: number; height: number } {
	const { parameters, type } = node;
	if (isNote(node)) return { width: Number(parameters.width), height: Number(parameters.height) };
	const { width, height } = subnodeTypes.test(type) ? subnodeSize : nodeSize;
	const isRoot = /\.(agent|chainLlm)$/.test(type);
	return { width: isRoot ? widthWithSubnodes : width, height: height + labelHeight };
}

/** Whether two rectangles share any point. */
export function overlaps(one: Box, other: Box): boolean {
	return (
		one.left < other.right &&
		other.left < one.right &&
		one.top < other.bottom &&
		other.top < one.bottom
	);
}

/** Whether the second rectangle lies inside the first. */
export function contains(outer: Box, inner: Box): boolean {
	return (
		outer.left <= inner.left &&
		outer.top <= inner.top &&
		outer.right >= inner.right &&
		outer.bottom >= inner.bottom
	);
}

/** The height that a note has for its text, in pixels: down to the highest node inside it. */
export function roomForText(note: INode, nodes: INode[]): number {
	const box = boxOf(note);
	const inside = nodes.map(boxOf).filter((node) => overlaps(box, node));
	return Math.min(box.bottom, ...inside.map(({ top }) => top)) - box.top;
}

/** The height that a note's text needs, in pixels, by an estimate of where its lines break. */
export function neededHeight({ parameters }: INode): number {
	const width = Number(parameters.width) - notePadding;
	const lines = String(parameters.content).split('\n');
	return lines.reduce((sum, line) => sum + heightOfLine(line, width), notePadding / 2);
}

function heightOfLine(line: string, width: number): number {
	if (line === '') return emptyLine;
	const style = /^#+ /.test(line) ? heading : text;
	const indent = /^(\d+\.|-) /.test(line) ? listIndent : 0;
	const words = line.replace(/^#+ /, '').replaceAll(/[*`]/g, '').split(' ');
	const lettersInLine = Math.floor((width - indent) / style.letter);
	let count = 1;
	let letters = 0;
	for (const word of words) {
		if (letters + word.length > lettersInLine) {
			count += 1;
			letters = 0;
		}
		letters += word.length + 1;
	}
	return count * style.line + style.after;
}

/**
 * The part of the canvas that the checklist covers which n8n shows on a published workflow, opened on a laptop
 * and fitted to the screen.
 */
export function checklistOn(nodes: INode[]): Box {
	const boxes = nodes.map(boxOf);
	const left = Math.min(...boxes.map((box) => box.left));
	const top = Math.min(...boxes.map((box) => box.top));
	const width = Math.max(...boxes.map((box) => box.right)) - left;
	const height = Math.max(...boxes.map((box) => box.bottom)) - top;
	const zoom = Math.min(1, pane.width / (width * margin), pane.height / (height * margin));
	const x = (pixels: number) => left + width / 2 + (pixels - pane.width / 2) / zoom;
	const y = (pixels: number) => top + height / 2 + (pixels - pane.height / 2) / zoom;
	return {
		left: x(checklist.left),
		top: y(checklist.top),
		right: x(checklist.right),
		bottom: y(checklist.bottom),
	};
}
