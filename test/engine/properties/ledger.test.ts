import fc from 'fast-check';

import { attemptSchema, type RunEntry, type SentEntry } from '../../../nodes/GptImage2/runs/entry';
import { Ledger } from '../../../nodes/GptImage2/runs/ledger';
import { Owners } from '../../../nodes/GptImage2/runs/owners';
import { nodeExecutionOf } from '../../../nodes/GptImage2/runs/reference';
import { longestMs, tried } from '../../fixtures/properties';
import { contextOf, newExecution, saved } from './context';
import { requestOf } from './requests';

jest.setTimeout(longestMs);

const items = fc.nat(3);
const prompts = fc.constantFrom('a brass sign', 'a copper sign', '__proto__', '\ud800');

/** What can happen to the ledger, in any order. */
const step = fc.record({
	kind: fc.constantFrom('ask', 'begin', 'send', 'refuse', 'accept', 'reopen'),
	item: items,
	prompt: prompts,
});

const open = (state = newExecution(), executionId = '231') => {
	const context = contextOf(state, { executionId, mode: 'retry' });
	return Ledger.of(context, Owners.of(context), nodeExecutionOf(context));
};

describe('the ledger, whatever happens to it in whatever order', () => {
	it('keeps what was sent under its key, and uses no key or reference twice', () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
				let state = newExecution();
				let executions = 0;
				let ledger = open(state);
				/** What was sent for an item, by hand: the latest entry, whatever the ledger says. */
				const sent = new Map<number, { prompt: string; entry: SentEntry | RunEntry }>();
				const keys = new Map<string, string>();
				for (const [number, { item, kind, prompt }] of steps.entries()) {
					if (kind === 'reopen') {
						state = saved(state);
						ledger = open(state, String(++executions));
						continue;
					}
					const request = requestOf(item, prompt);
					const known = sent.get(item);
					const expected = known?.prompt === prompt ? known.entry : null;
					expect(ledger.current(request)).toEqual(expected);
					if (kind === 'ask') continue;

					const isBegun = kind === 'begin' || expected?.state !== 'sent';
					const entry = isBegun ? ledger.begin(request) : expected;
					const use = `${item} ${prompt}`;
					expect(keys.get(entry.idempotencyKey) ?? use).toBe(use);
					if (isBegun) expect(keys.has(entry.idempotencyKey)).toBe(false);
					keys.set(entry.idempotencyKey, use);
					expect(entry.clientRef.length).toBeLessThanOrEqual(255);
					sent.delete(item);
					if (kind === 'begin') continue;

					const body = { input: request.plan.input, client_ref: entry.clientRef };
					const attempt = attemptSchema.parse(entry);
					const unclear = { state: 'sent' as const, body, isDisputed: false };
					const sending = ledger.write(request, { ...attempt, ...unclear });
					if (kind === 'refuse') ledger.write(request, { ...attempt, state: 'new' });
					if (kind === 'accept') {
						const run = { id: `run ${number}`, client_ref: entry.clientRef, createdAt: null };
						ledger.noteRun(request, sending, { run, source: 'created', accepted: body });
					}
					const current = ledger.current(request);
					expect(current?.state).toBe(
						{ send: 'sent', refuse: undefined, accept: 'run' }[kind as 'send'],
					);
					if (current !== null) sent.set(item, { prompt, entry: current });
				}
				ledger = open(saved(state));
				for (const [item, { prompt, entry }] of sent) {
					expect(ledger.current(requestOf(item, prompt))).toEqual(entry);
				}
			}),
			tried(400),
		);
	});

	it('continues what an item comes from, whatever it asks for now, and nothing of another item', () => {
		fc.assert(
			fc.property(items, items, prompts, prompts, (item, other, before, now) => {
				const state = newExecution();
				const ledger = open(state);
				const request = requestOf(item, before, 'source');
				const run = { id: 'run', client_ref: null, createdAt: null };
				ledger.noteRun(request, ledger.begin(request), { run, source: 'created' });
				const again = open(saved(state), '232').current(requestOf(other, now, 'source'));
				expect(again?.state).toBe(item === other ? 'run' : undefined);
				const edited = ledger.current(requestOf(item, now, 'another source'));
				expect(edited?.state).toBe(before === now ? 'run' : undefined);
			}),
			tried(200),
		);
	});

	it('gives a run that was found to one item only', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(items, fc.nat(2)), { maxLength: 12 }), (takes) => {
				const context = contextOf(newExecution());
				const owners = Owners.of(context);
				const ownerOf = new Map<string, number>();
				for (const [item, number] of takes) {
					const id = `run ${number}`;
					const isFree = (ownerOf.get(id) ?? item) === item;
					const claim = owners.claimOf(nodeExecutionOf(context), { requestNumber: item, hash: '' });
					expect(claim.take({ id, client_ref: null })).toBe(isFree);
					if (isFree) ownerOf.set(id, item);
				}
			}),
			tried(300),
		);
	});
});
