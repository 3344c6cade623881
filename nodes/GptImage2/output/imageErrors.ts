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
 * Returns a handler for errors of n8n's binary store. If the disk is full or can't be written, or if the
 * image is the only copy, it throws an ImageStorageError for this image, counted from 0. It rethrows any
 * other error unchanged, because the stream being stored may have broken.
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
