import fc from 'fast-check';

/** Texts that mean something to a program, and any others, with lone surrogates. */
export const anyText = fc.oneof(
	fc.constantFrom(
		...['', ' ', '__proto__', 'constructor', 'toString', 'null', '1e400', '../../x', 'a/b\\c'],
		...['data:image/png;base64,aGk=', 'DATA:image/png;base64,aGk=', ' data:image/svg+xml,%zz'],
		...['https://files.test/a.png', 'succeeded', 'canceled', 'a\u0000b\r\nc', '\ud800'],
	),
	fc.string({ unit: 'binary' }),
	fc.string(),
);

/** Numbers as JSON may have them, and such as it can't. */
export const anyNumber = fc.oneof(
	fc.constantFrom(0, -0, 1, -1, 1.5, 1e21, 1e308, Infinity, -Infinity, NaN, 2 ** 53),
	fc.double(),
	fc.integer(),
);

const leaf = fc.oneof(anyText, anyNumber, fc.boolean(), fc.constant(null));

/** A value as JSON.parse returns it, with keys such as `__proto__` of its own. */
export const anyAnswer: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 4 },
		leaf,
		fc.array(tie('value'), { maxLength: 4 }),
		fc
			.array(fc.tuple(anyText, tie('value')), { maxLength: 4 })
			.map((entries) => Object.fromEntries(entries)),
	),
})).value;

/** What an expression of a user may return as well: undefined, dates, functions, symbols, sparse lists. */
export const anyValue = fc.oneof(
	anyAnswer,
	fc.anything({ withDate: true, withBigInt: true, withMap: true, withSparseArray: true }),
);

/** JSON that is nested deeper than a stack of calls is high. */
export const deepText = fc
	.integer({ min: 1_000, max: 12_000 })
	.map((depth) => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`);

/** The value of such a text. */
export const deep = deepText.map((text) => JSON.parse(text) as unknown);

const image = fc.oneof(
	anyAnswer,
	anyText,
	fc.record({ url: anyText, type: fc.constantFrom('image', 'video', null), width: anyNumber }),
);
const output = fc.oneof(
	anyAnswer,
	fc.record({ outputs: fc.array(image, { maxLength: 4 }), seed: anyAnswer, timing: anyAnswer }),
	fc.record({ images: fc.array(image, { maxLength: 4 }), nsfw_detected: anyAnswer }),
	fc.record({ code: anyText, message: anyText }),
);

/** A run in which any field may be missing or of any type. */
export const anyRun = fc
	.record(
		{
			id: fc.oneof({ weight: 4, arbitrary: anyText }, anyAnswer),
			run_id: fc.oneof(anyText, anyAnswer),
			status_code: fc.oneof({ weight: 4, arbitrary: anyText }, anyAnswer),
			status: anyText,
			input: fc.oneof(anyAnswer, fc.record({ prompt: anyText, output_format: anyText })),
			output,
			cost: fc.oneof(anyAnswer, fc.constant('0.133'), anyNumber),
			duration_ms: fc.oneof(anyAnswer, anyNumber, fc.constant('9'.repeat(400))),
			created_at: anyText,
			completed_at: anyAnswer,
			metadata: anyAnswer,
			client_ref: anyText,
			failure_code: anyText,
			failure_message: anyAnswer,
			error: anyAnswer,
			links: anyAnswer,
		},
		{ requiredKeys: [] },
	)
	.map((run) => ({ ...run }));
