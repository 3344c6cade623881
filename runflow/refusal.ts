import type { Run } from './run';

/** Words by which a failure may say that the prompt was refused; no code for this is documented (ERR). */
const refusalWords =
	/moderat|content.?(policy|filter|violation)|safety|nsfw|sensitive.?content|prompt.{0,20}(refus|reject|block|flag)|policy.?violation/i;

/** Whether a run failed because of the content of its prompt or images, so that repeating it won't help. */
export function isRefused({
	failure,
	nsfw_detected,
	status,
}: Pick<Run, 'failure' | 'nsfw_detected' | 'status'>): boolean {
	if (status !== 'failed') return false;
	const { code = null, message = null, stage = null } = failure ?? {};
	const isDetected = [nsfw_detected].flat().includes(true);
	return isDetected || [code, message, stage].some((text) => refusalWords.test(text ?? ''));
}
