import fc from 'fast-check';

import { Ledger, type LedgerEntry } from '../../../nodes/GptImage2/runs/ledger';
import { longestMs, tried } from '../../fixtures/properties';
import { contextOf, newExecution, saved } from './context';

jest.setTimeout(longestMs);

const items = fc.nat(3);
const prompts = fc.constantFrom('a brass sign', 'a copper sign', '__proto__', '\ud800');

/** What can happen to the ledger, in any order. */
const step = fc.oneof(
	fc.record({ kind: fc.constant('ask' as const), item: items, prompt: prompts }),
	fc.record({ kind: fc.constant('send' as const), item: items, prompt: prompts }),
	fc.record({ kind: fc.constant('answer' as const), item: items, prompt: prompts }),
	fc.record({ kind: fc.constant('renew' as const), item: items, prompt: prompts }),
	fc.record({ kind: fc.constant('reopen' as const), item: items, prompt: prompts }),
);

const subjectOf = (itemIndex: number, prompt: string) => ({
	itemIndex,
	request: { input: { prompt } },
	clientRef: null,
	metadata: {},
});

describe('the ledger, whatever happens to it in whatever order', () => {
	it('keeps what was sent under its key, and uses no key or reference twice', () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
				let state = newExecution();
				let executions = 0;
				const open = () =>
					Ledger.of(contextOf(state, { executionId: String(++executions), mode: 'retry' }));
				let ledger = open();
				/** What was sent for an item, by hand: the latest entry, whatever the ledger says. */
				const sent = new Map<number, { prompt: string; entry: LedgerEntry }>();
				const keys = new Map<string, string>();
				for (const [number, { item, kind, prompt }] of steps.entries()) {
					if (kind === 'reopen') {
						state = saved(state);
						ledger = open();
						continue;
					}
					const subject = subjectOf(item, prompt);
					const entry = kind === 'renew' ? ledger.renew(subject) : ledger.entryFor(subject);
					const known = sent.get(item);
					const isKnown = kind !== 'renew' && known?.prompt === prompt;
					if (isKnown) expect(entry).toEqual(known.entry);
					else expect(entry).toMatchObject({ runId: null, uncertain: false });

					const use = `${item} ${prompt}`;
					expect(keys.get(entry.idempotencyKey) ?? use).toBe(use);
					keys.set(entry.idempotencyKey, use);
					expect(entry.clientRef.length).toBeLessThanOrEqual(255);
					if (kind === 'send' || kind === 'answer') {
						const uncertain = kind === 'send' && entry.runId === null;
						const runId = kind === 'answer' ? `run ${number}` : entry.runId;
						sent.set(item, { prompt, entry: ledger.update(item, entry, { runId, uncertain }) });
					} else if (!isKnown) sent.delete(item);
				}
				state = saved(state);
				ledger = open();
				for (const [item, { prompt, entry }] of sent) {
					expect(ledger.entryFor(subjectOf(item, prompt))).toEqual(entry);
				}
			}),
			tried(400),
		);
	});

	it('gives a run that was found to one item only', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(items, fc.nat(2)), { maxLength: 12 }), (takes) => {
				const ledger = Ledger.of(contextOf(newExecution()));
				const owners = new Map<string, number>();
				const entries = [0, 1, 2, 3].map((item) => ledger.entryFor(subjectOf(item, 'a sign')));
				const holds = new Map<number, string>();
				for (const [item, number] of takes) {
					const id = `run ${number}`;
					const entry = entries[item];
					if (!entry) continue;
					const isFree = (owners.get(id) ?? item) === item;
					expect(ledger.take(item, entry, { id, client_ref: null })).toBe(isFree);
					if (!isFree) continue;
					owners.delete(holds.get(item) ?? '');
					owners.set(id, item);
					holds.set(item, id);
				}
			}),
			tried(300),
		);
	});
});
