import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

const folder = join(__dirname, '..', '..', 'nodes');

/** Shorter pieces, such as a quote between two names, tell no message from another. */
const shortestPiece = 8;

/** The texts of the nodes' TypeScript files. */
export function readSources(): string[] {
	return readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts'))
		.map((name) => readFileSync(join(folder, name), 'utf8'));
}

/**
 * The messages that these files write themselves, in `….refuse(message, …)` and `new
 * NodeOperationError(node, message, …)`: of the first sentence of each, the pieces that never differ.
 */
export function messagesIn(sources: string[]): string[] {
	return sources.flatMap((text) => {
		const found: string[] = [];
		const visit = (node: ts.Node): void => {
			const message = messageOf(node);
			if (message) found.push(...piecesOf(message));
			ts.forEachChild(node, visit);
		};
		visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest));
		return found.filter((piece) => piece.length >= shortestPiece);
	});
}

function messageOf(node: ts.Node): ts.Expression | undefined {
	if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
		return node.expression.text === 'NodeOperationError' ? node.arguments?.[1] : undefined;
	}
	if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression))
		return undefined;
	return node.expression.name.text === 'refuse' ? node.arguments[0] : undefined;
}

function piecesOf(message: ts.Expression): string[] {
	if (ts.isStringLiteralLike(message)) return message.text.split('. ').slice(0, 1);
	if (ts.isConditionalExpression(message)) {
		return [message.whenTrue, message.whenFalse].flatMap(piecesOf);
	}
	if (!ts.isTemplateExpression(message)) return [];
	const pieces = [message.head, ...message.templateSpans.map(({ literal }) => literal)];
	return pieces.map(({ text }) => text.trim());
}
