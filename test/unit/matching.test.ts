import {
	isSameBeginning,
	keysOfContinued,
	keysOfRepeated,
	keysToContinue,
	keysToRepeat,
	mayBeLeftOver,
} from '../../nodes/GptImage2/runs/matching';
import { isSameOwnReference } from '../../nodes/GptImage2/runs/ownReferences';
import { readReference, writeReference } from '../../nodes/GptImage2/runs/reference';
import { runSchema } from '../../runflow/run';
import { queuedRun } from '../fixtures/answers';

const beginning = { establishedAt: 1_779_264_000_000, tokenHash: '0123456789' };
const unknown = { establishedAt: null, tokenHash: null };

/** The reference of a run that an execution started, and the node that retries it. */
const reference = {
	scope: 'a1b2c3d4e5f6:workflow:node',
	executionId: '17',
	beginning,
	runIndex: 0,
	requestNumber: 2,
	attempt: 1,
	hash: '0123456789abcdef',
	sourceHash: 'abcdef0123',
};
const execution = {
	...reference,
	executionId: '18',
	idInOwnReferences: null,
	nodeId: 'node',
	isRetry: true,
	isTool: false,
};
const request = {
	hash: reference.hash,
	sourceHash: reference.sourceHash,
	runIndex: 0,
	requestNumber: 2,
};

const meet = (offered: string[], asked: string[]) => offered.some((key) => asked.includes(key));

describe('a run that an execution left to its retry', () => {
	it.each([
		['of the same request and item', {}, {}, true],
		['of another index', {}, { requestNumber: 0 }, true],
		['of another round', {}, { runIndex: 3 }, true],
		['of another index and round', {}, { runIndex: 3, requestNumber: 0 }, true],
		['of a prompt that evaluates to something else', {}, { hash: 'another' }, true],
		['the same at another index', {}, { hash: 'another', requestNumber: 0 }, false],
		['the same in another round', {}, { hash: 'another', runIndex: 1 }, false],
		['of an edited prompt', {}, { hash: 'another', sourceHash: 'another' }, false],
		['of another node', { scope: 'a1b2c3d4e5f6:workflow:other' }, {}, false],
		['of another n8n', { scope: '000000000000:workflow:node' }, {}, false],
		['of another execution', { beginning: { ...beginning, establishedAt: 5 } }, {}, false],
		['of another that began then', { beginning: { ...beginning, tokenHash: 'x' } }, {}, false],
		['that tells no token', { beginning: { ...beginning, tokenHash: null } }, {}, true],
		['that tells no beginning', { beginning: unknown }, {}, true],
		['the same of another item', { beginning: unknown }, { requestNumber: 0 }, false],
		['of a tool, which has no source', { sourceHash: '' }, { hash: 'x', sourceHash: '' }, false],
	])('%s is continued or not', (_name, ofRun, asked, isContinued) => {
		const offered = keysToContinue({ ...reference, ...ofRun }, execution);
		expect(meet(offered, keysOfContinued({ ...request, ...asked }))).toBe(isContinued);
	});

	it('is offered to its own place first', () => {
		const [first] = keysOfContinued(request);
		expect(keysToContinue(reference, execution)).toContain(first);
		expect(keysToContinue({ ...reference, requestNumber: 1 }, execution)).not.toContain(first);
	});
});

describe('a run of an earlier execution', () => {
	it.each([
		['that asked for the same', {}, {}, true],
		['of another workflow and node', { scope: 'a1b2c3d4e5f6:other:other' }, {}, true],
		['of another n8n', { scope: '000000000000:workflow:node' }, {}, false],
		['of this very execution', { executionId: '18' }, {}, false],
		['that asked for something else', { hash: 'another' }, {}, false],
		['of which only the source is the same', {}, { hash: 'another' }, false],
	])('%s is reused or not', (_name, ofRun, asked, isReused) => {
		const offered = keysToRepeat({ ...reference, ...ofRun }, execution);
		expect(meet(offered, keysOfRepeated({ ...request, ...asked }, execution))).toBe(isReused);
	});
});

describe('a reference', () => {
	it('is read as it was written, and has at most 255 characters', () => {
		const long = { ...reference, scope: `a1b2c3d4e5f6:${'w'.repeat(36)}:${'n'.repeat(36)}` };
		const written = writeReference(long);
		expect(written.length).toBeLessThanOrEqual(255);
		expect(readReference(written)).toEqual(long);
		const bare = { ...reference, beginning: unknown, sourceHash: '' };
		expect(readReference(writeReference(bare))).toEqual(bare);
	});

	it.each(['order-17', 'n8n:a:b', 'n8n:a:b:c:d:e:f', null])('is not read from %j', (text) => {
		expect(readReference(text)).toBeNull();
	});

	it.each([
		['order-17', 'order-17', true],
		['run-17-a', 'run-18-a', true],
		['run-x-a', 'run-18-a', false],
		['order.17', 'order-17', false],
		['order 118 17', 'order 118 18', true],
		['order 119 17', 'order 118 18', false],
		['order 18 17', 'order 18 18', true],
		['order 12317', 'order 12318', true],
		['order 17123', 'order 18123', true],
		['order 123', 'order 12318', false],
		['17/17', '18/18', true],
		['17/16', '18/18', false],
	])("of the user's own: %s is that of %s or not", (ofRun, own, isSame) => {
		expect(isSameOwnReference(ofRun, own, '18')).toBe(isSame);
	});

	it.each([
		[beginning, beginning, true],
		[beginning, { ...beginning, establishedAt: 1 }, false],
		[beginning, unknown, null],
	])('tells that two executions began together or not', (one, other, isSame) => {
		expect(isSameBeginning(one, other)).toBe(isSame);
	});
});

describe('a run that no item asks for any more', () => {
	const run = runSchema.parse(queuedRun);

	it.each([
		['of the retried execution', {}, {}, true],
		['of another round', { runIndex: 1 }, {}, false],
		['of this execution', { executionId: '18' }, {}, false],
		['of another node', { scope: 'a1b2c3d4e5f6:workflow:other' }, {}, false],
		['that failed', {}, { status: 'failed' }, false],
		['of which n8n tells no beginning', { beginning: unknown }, {}, false],
	])('%s is left over or not', (_name, ofRun, ofRunState, isLeft) => {
		const left = mayBeLeftOver({ ...run, ...ofRunState }, { ...reference, ...ofRun }, execution);
		expect(left).toBe(isLeft);
	});
});
