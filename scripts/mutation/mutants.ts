import ts from 'typescript';

/** One change to a file that a test should notice. */
export interface Mutant {
	file: string;
	line: number;
	start: number;
	end: number;
	/** The text that is replaced, and what replaces it. */
	from: string;
	to: string;
}

type Change = [node: ts.Node, to: string];

const { SyntaxKind } = ts;

const otherOperators: ReadonlyMap<ts.SyntaxKind, string> = new Map([
	[SyntaxKind.AmpersandAmpersandToken, '||'],
	[SyntaxKind.BarBarToken, '&&'],
	[SyntaxKind.QuestionQuestionToken, '&&'],
	[SyntaxKind.EqualsEqualsEqualsToken, '!=='],
	[SyntaxKind.ExclamationEqualsEqualsToken, '==='],
	[SyntaxKind.LessThanToken, '<='],
	[SyntaxKind.LessThanEqualsToken, '<'],
	[SyntaxKind.GreaterThanToken, '>='],
	[SyntaxKind.GreaterThanEqualsToken, '>'],
	[SyntaxKind.PlusToken, '-'],
	[SyntaxKind.MinusToken, '+'],
	[SyntaxKind.AsteriskToken, '/'],
	[SyntaxKind.SlashToken, '*'],
	[SyntaxKind.PlusEqualsToken, '-='],
	[SyntaxKind.MinusEqualsToken, '+='],
]);

const otherMethods: Readonly<Record<string, string>> = {
	some: 'every',
	every: 'some',
	min: 'max',
	max: 'min',
	startsWith: 'endsWith',
	endsWith: 'startsWith',
};

/** All mutants of a file: other operators, methods, conditions and truths, and statements left out; no other words. */
export function mutantsOf(file: string, text: string): Mutant[] {
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const changes: Change[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
		changes.push(...changesOf(node));
		node.forEachChild(visit);
	};
	visit(source);
	return changes.map(([node, to]) => {
		const start = node.getStart(source);
		const line = source.getLineAndCharacterOfPosition(start).line + 1;
		return { file, line, start, end: node.end, from: node.getText(source), to };
	});
}

function changesOf(node: ts.Node): Change[] {
	if (ts.isBinaryExpression(node)) {
		const { left, operatorToken, right } = node;
		const other = otherOperators.get(operatorToken.kind);
		if (other === undefined || isText(node)) return [];
		return [[node, `((${left.getText()}) ${other} (${right.getText()}))`]];
	}
	if (ts.isIfStatement(node)) return truths(node.expression);
	if (ts.isConditionalExpression(node)) return truths(node.condition);
	if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
		return [[node, node.operand.getText()]];
	}
	if (node.kind === SyntaxKind.TrueKeyword) return [[node, 'false']];
	if (node.kind === SyntaxKind.FalseKeyword) return [[node, 'true']];
	if (ts.isExpressionStatement(node) || ts.isThrowStatement(node)) return [[node, ';']];
	if (ts.isReturnStatement(node) && node.expression === undefined) return [[node, ';']];
	if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent)) {
		const other = otherMethods[node.name.text];
		return other === undefined ? [] : [[node.name, other]];
	}
	return [];
}

const truths = (condition: ts.Expression): Change[] => [
	[condition, 'true'],
	[condition, 'false'],
];

/** Whether '+' puts texts together, in place of which '-' would say nothing about a test. */
const isText = ({ left, right }: ts.BinaryExpression) =>
	[left, right].some((side) => ts.isStringLiteral(side) || ts.isTemplateExpression(side));
