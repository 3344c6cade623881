import {
	NodeOperationError,
	type IExecuteFunctions,
	type IHookFunctions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { labelOf } from '../fields/labels';
import { asMeant, pathOfRemains, plainWords, wellFormed } from './expressions';

/** The contexts in which parameters can be read: while the node runs, is called, or is activated. */
type ParameterContext = IExecuteFunctions | IHookFunctions | IWebhookFunctions;

/** The only reader of what a user entered: one item's parameters, or those of a trigger, which has no items. */
export class Parameters {
	constructor(
		private readonly context: ParameterContext,
		private readonly itemIndex = 0,
	) {}

	/**
	 * Returns a checked parameter. `fallback` is used for a field that isn't shown. Throws NodeOperationError
	 * that names the field.
	 */
	read<T extends z.ZodTypeAny>(name: string, schema: T, fallback?: unknown): z.output<T> {
		return this.check(z.object({ [name]: schema }), { [name]: this.value(name, fallback) })[name];
	}

	/**
	 * Returns a parameter as it was entered, to be checked together with others. `fallback` is used for a field
	 * that isn't shown. Throws NodeOperationError where an expression yields nothing.
	 */
	given(name: string, fallback?: unknown): unknown {
		const value = this.value(name, fallback);
		if (value === undefined) throw this.refuseAll([hasNoValue(name)]);
		return value;
	}

	/** Returns the checked 'Options' collection. Throws NodeOperationError that names the option. */
	options<T extends z.ZodTypeAny>(schema: T): z.output<T> {
		return this.check(schema, this.value('options', {}));
	}

	/**
	 * Checks a value made of several parameters; its keys are names of fields. A value of another type is
	 * converted if that is unambiguous. A key without a value comes from an expression that yields nothing,
	 * so no default replaces it. Throws NodeOperationError that names the field by its label and says what is
	 * wrong with it.
	 */
	check<T extends z.ZodTypeAny>(schema: T, value: unknown): z.output<T> {
		const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
		const missing = Object.entries(z.record(z.unknown()).catch({}).parse(value))
			.filter(([name, content]) => content === undefined && names.includes(name))
			.map(([name]) => hasNoValue(name));
		if (missing.length > 0) throw this.refuseAll(missing);
		const first = schema.safeParse(value);
		const result = first.success
			? first
			: schema.safeParse(asMeant(value, bestFitting(first.error.issues)), { errorMap: plainWords });
		if (!result.success) {
			const problems = problemsOf(result.error.issues);
			throw this.refuseAll(problems.map(({ path, message }) => `'${labelOf(path)}' ${message}`));
		}
		const broken = pathOfRemains(result.data);
		if (broken === null) return result.data;
		throw this.refuse(
			`'${labelOf(broken)}' contains what is left of a broken expression`,
			"Switch the field from 'Fixed' to 'Expression', and let the expression yield text: '[object Object]' stands for an object of which one value has to be chosen.",
		);
	}

	private refuseAll([first = '', ...others]: string[]): NodeOperationError {
		return this.refuse(
			first,
			[...others, 'Correct the value, or the expression it comes from.'].join('. '),
		);
	}

	/** Returns the error for an item that can't be sent: what is wrong, and how to fix it. */
	refuse(message: string, advice: string): NodeOperationError {
		return new NodeOperationError(this.context.getNode(), message, {
			itemIndex: this.itemIndex,
			description: `${advice} Nothing was sent to Runflow for this item.`,
		});
	}

	private value(name: string, fallback?: unknown): unknown {
		return wellFormed(
			'getInputData' in this.context
				? this.context.getNodeParameter(name, this.itemIndex, fallback)
				: this.context.getNodeParameter(name, fallback),
		);
	}
}

const hasNoValue = (name: string) => `'${labelOf([name])}' has no value`;

interface Problem {
	path: string[];
	message: string;
}

/** The issues of a failed check; if there was a choice of shapes, those of the shape that fits best. */
function bestFitting(issues: z.ZodIssue[]): z.ZodIssue[] {
	return issues.flatMap((issue) => {
		if (issue.code !== z.ZodIssueCode.invalid_union) return [issue];
		const depth = (error: z.ZodError) => Math.max(...error.issues.map(({ path }) => path.length));
		const [best] = [...issue.unionErrors].sort((one, other) => depth(other) - depth(one));
		return bestFitting(best?.issues ?? []);
	});
}

function problemsOf(issues: z.ZodIssue[]): Problem[] {
	return bestFitting(issues).map((issue) => {
		const message =
			issue.code === z.ZodIssueCode.invalid_enum_value
				? `must be one of ${issue.options.join(', ')}`
				: issue.message.replace(/^[A-Z]/, (letter) => letter.toLowerCase());
		return { path: issue.path.map(String), message };
	});
}
