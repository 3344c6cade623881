import { isRefused } from '../../runflow/refusal';

const failed = { status: 'failed', nsfw_detected: null, failure: null };
const saying = (code: string | null, message: string | null = null) => ({
	...failed,
	failure: { code, message, stage: null },
});

describe('a run whose prompt was refused', () => {
	it.each([
		['by its code', saying('CONTENT_POLICY_VIOLATION')],
		['by another code', saying('moderation_blocked')],
		['by its words', saying('PROVIDER_ERROR', 'Your request was rejected by the safety system.')],
		['by other words', saying(null, 'The prompt was flagged.')],
		['by what was detected', { ...failed, nsfw_detected: true }],
		['by what was detected in one of two', { ...failed, nsfw_detected: [false, true] }],
	])('is known %s', (_how, run) => {
		expect(isRefused(run)).toBe(true);
	});

	it.each([
		['failed otherwise', saying('MODEL_UNAVAILABLE', 'The provider did not answer')],
		['failed without a word', failed],
		['was cancelled', { ...saying('MODERATION'), status: 'cancelled' }],
		['succeeded with a warning', { ...failed, status: 'succeeded', nsfw_detected: true }],
	])('is not one that %s', (_how, run) => {
		expect(isRefused(run)).toBe(false);
	});
});
