import { z } from 'zod/v3';

import { disagreementsSchema } from './disagreements';
import { allScopes } from './scopes';

const when = {
	/** Only for runs whose prompt contains this text. */
	match: z.string().optional(),
	/** How many requests the rule applies to, 1 by default; Infinity can't be sent as JSON, so 0 means all. */
	times: z.number().int().min(0).default(1),
};

/** One way to misbehave on demand. */
export const ruleSchema = z.discriminatedUnion('do', [
	/** The create is refused with this status, and no run is made (ERR, RATE). */
	z.object({
		do: z.literal('refuse-create'),
		status: z.number(),
		/** Seconds, as in the Retry-After header. */
		retryAfter: z.number().optional(),
		...when,
	}),
	/** The run is accepted, then the connection drops before the answer. */
	z.object({ do: z.literal('drop-create'), ...when }),
	/** The read of a run is refused with this status (ERR, RATE). */
	z.object({
		do: z.literal('refuse-read'),
		status: z.number(),
		retryAfter: z.number().optional(),
		...when,
	}),
	/** The connection drops before the read of a run is answered. */
	z.object({ do: z.literal('drop-read'), ...when }),
	/** The run ends with this status; any text is accepted, known or not. */
	z.object({ do: z.literal('end-run'), status: z.string(), ...when }),
	/** The run fails because the model refuses the prompt; no source says how the API words that (ERR). */
	z.object({ do: z.literal('refuse-prompt'), ...when }),
	/** The run takes this long, in milliseconds, regardless of the settings. */
	z.object({ do: z.literal('time-run'), milliseconds: z.number().min(0), ...when }),
	/** The answer is a web page, as a proxy in between would send it. */
	z.object({ do: z.literal('html'), ...when }),
	/** The callback arrives before the create is answered. */
	z.object({ do: z.literal('early-callback'), ...when }),
	/** The callback arrives `delay` milliseconds late. */
	z.object({ do: z.literal('late-callback'), delay: z.number().default(3000), ...when }),
	/** The callback arrives three times at the same moment. */
	z.object({ do: z.literal('repeat-callback'), ...when }),
	/** No callback is sent. */
	z.object({ do: z.literal('omit-callback'), ...when }),
	/** The signature is made with another secret. */
	z.object({ do: z.literal('forge-callback'), ...when }),
	/** The signature is missing although there is a secret. */
	z.object({ do: z.literal('unsigned-callback'), ...when }),
	/** One byte of the body is changed after signing. */
	z.object({ do: z.literal('tamper-callback'), ...when }),
	/** The URL of the file has expired. */
	z.object({ do: z.literal('expire-file'), ...when }),
	/** The file comes with a content type that says nothing. */
	z.object({ do: z.literal('octet-stream-file'), ...when }),
	/** The file comes this many milliseconds late. */
	z.object({ do: z.literal('slow-file'), milliseconds: z.number().min(0), ...when }),
	/** The connection drops in the middle of the file. */
	z.object({ do: z.literal('cut-file'), ...when }),
]);

export type Rule = z.infer<typeof ruleSchema>;

/** Settings of the simulator; each can be changed while it runs. */
export const settingsSchema = z.object({
	/** Divides the realistic run times: 10 makes a run of 30 s take 3 s. */
	speed: z.number().positive().default(1),
	/** How long every run takes, in milliseconds, regardless of speed and quality; null for realistic times. */
	runTime: z.number().min(0).nullable().default(null),
	/** Whether Idempotency-Key is honoured; the API documents it for batches only (BATCH-C). */
	idempotency: z.boolean().default(true),
	/** Whether sync mode answers the create with the finished image, or with `queued` like any other create. */
	syncInline: z.boolean().default(true),
	/** The organization's callback secret; null leaves callbacks unsigned. */
	signingSecret: z.string().nullable().default(null),
	/** How many runs may be pending at once; a create above that is refused with 429 (RATE). Null for any number. */
	mostPendingRuns: z.number().int().positive().nullable().default(null),
	/** How many creates are accepted within a second; one more is refused with 429 (RATE). Null for any number. */
	mostCreatesPerSecond: z.number().int().positive().nullable().default(null),
	/** Whether all pictures of a size and format are the same one, drawn once, since drawing takes time. */
	samePicture: z.boolean().default(false),
	/** Files are padded to this size in bytes; null leaves them as they are. */
	fileSize: z.number().int().positive().nullable().default(null),
	/** The most images of one run (LLMS). */
	maxImages: z.number().int().default(4),
	/** Whether inputs may have fields that no page documents, as a later API may have them. */
	acceptsMoreFields: z.boolean().default(false),
	/** What the key may do (ADC). */
	scopes: z.array(z.string()).default([...allScopes]),
	/** How long a signed URL works, in milliseconds; null for three days, as SKILL observed. */
	urlLifetime: z.number().positive().nullable().default(null),
	/** Whether models accept `runflow://assets/…`; versions of the SDK disagree. */
	assetReferences: z.boolean().default(true),
	/** Every nth request is answered with 429; null for none. */
	refuseEvery: z.number().int().min(2).nullable().default(null),
	/** Whether nothing is answered at all: every connection is dropped. */
	isGone: z.boolean().default(false),
	/** Whether a filter of the list may contain nothing but exact matches and AND (ADC). */
	exactFiltersOnly: z.boolean().default(false),
	/** Whether runs show the texts of their input trimmed, in NFC and with LF; RUN-G doesn't say that they are kept as sent. */
	plainTexts: z.boolean().default(false),
	/** Whether runs show the numbers of their input as text, as they do others (RUN-C, TPL). */
	numbersAsText: z.boolean().default(false),
	/** Whether runs leave out of their input what has its default (LLMS, EDIT). */
	omitsDefaults: z.boolean().default(false),
	/** Whether runs show fields in their input that nobody sent (RUN-G has `input` as any object). */
	addsFields: z.boolean().default(false),
	/** Whether runs show an uploaded image as `runflow://assets/…`, as they do data URIs, not by its URL (SDK). */
	showsReferences: z.boolean().default(false),
	/** Fields that the list has of no run, even if it is asked for them; which it has is unknown (RUN-L). */
	unlistedFields: z.array(z.string()).default([]),
	/** The most runs of one page, whatever `limit` says; null for the documented 500 (RUN-L). */
	pageSize: z.number().int().positive().nullable().default(null),
	/** How the list names its next page: by a bare id, an opaque cursor, or a URL with either as `pq` (REQ, RUN-L). */
	nextPage: z.enum(['id', 'opaque', 'url', 'relative']).default('id'),
	/** From which page on, counted from 1, the list is refused with 403 unless one `client_ref` is asked for (ERR, ADC); null for none. */
	refusePagesFrom: z.number().int().positive().nullable().default(null),
	/** How long a new run is read with 404, in milliseconds, as a replica that is behind would answer (ERR). */
	unknownFor: z.number().min(0).default(0),
	/** How long a new run is in no list, in milliseconds, for the same reason (RUN-L). */
	unlistedFor: z.number().min(0).default(0),
	...disagreementsSchema.shape,
});

export type Settings = z.infer<typeof settingsSchema>;

/** The rules in force; each is used up by the requests it applies to. */
export class Misbehaviour {
	private rules: Rule[] = [];

	/** Adds a rule; an earlier one of the same kind goes first. */
	add(rule: z.input<typeof ruleSchema>): void {
		this.rules.push(ruleSchema.parse(rule));
	}

	/** Removes all rules. */
	clear(): void {
		this.rules = [];
	}

	/** The rule of that kind that applies to this prompt, counted down; null if none does. */
	take<K extends Rule['do']>(kind: K, prompt: string): Extract<Rule, { do: K }> | null {
		const rule = this.find(kind, prompt);
		if (rule === null) return null;
		if (rule.times === 1) this.rules = this.rules.filter((other) => other !== rule);
		else if (rule.times > 1) rule.times -= 1;
		return rule;
	}

	/** Whether a rule of that kind applies to this prompt, without counting it down. */
	has(kind: Rule['do'], prompt: string): boolean {
		return this.find(kind, prompt) !== null;
	}

	private find<K extends Rule['do']>(kind: K, prompt: string): Extract<Rule, { do: K }> | null {
		const applies = (rule: Rule): rule is Extract<Rule, { do: K }> =>
			rule.do === kind && (rule.match === undefined || prompt.includes(rule.match));
		return this.rules.find(applies) ?? null;
	}
}
