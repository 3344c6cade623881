import { ImageStorageError } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';

const fullDiskCodes: ReadonlySet<unknown> = new Set(['EDQUOT', 'ENOSPC']);

const noWritingCodes: ReadonlySet<unknown> = new Set([
	'EACCES',
	'EIO',
	'EMFILE',
	'ENOENT',
	'ENOTDIR',
	'EPERM',
	'EROFS',
]);

/**
 * What to do with an error of n8n's binary store: a disk that is full or can't be written, and whatever
 * fails for the only copy, becomes an ImageStorageError of this image, counted from 0. Every other error
 * stays as it is, since the stream that was stored may have broken.
 */
export function throwStorageError(
	{ run, index }: { run: Run; index: number },
	isOnlyCopy: boolean,
): (error: unknown) => never {
	return (error) => {
		const code = codeOf(error);
		const isDiskFull = fullDiskCodes.has(code);
		if (!isDiskFull && !noWritingCodes.has(code) && !isOnlyCopy) throw error;
		const reason = String(code ?? (error instanceof Error ? error.message : error));
		throw new ImageStorageError({ index, reason, isDiskFull, isOnlyCopy }).about(run.id);
	};
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : null;
}
