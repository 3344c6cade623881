import { TransferError } from '../../runflow/errors';
import { hasItsEnd, headBytes, imageKindOf, tailBytes } from './imageKind';
import { headerBytes, pixelSizeOf, type PixelSize } from './pixelSize';

/** Far larger than any image of the model. */
const largestImageBytes = 200_000_000;

/** Checks an image while it arrives, chunk by chunk. */
export class ArrivingImage {
	/** Why the image must not be kept, as soon as that is known. */
	failure: TransferError | null = null;

	private head = Buffer.alloc(0);

	private tail = Buffer.alloc(0);

	private sizeBytes = 0;

	/** Its size according to the headers; not a number if they don't say. */
	readonly announcedBytes: number;

	/**
	 * `headers` are those of the answer that the image arrives in. Throws TransferError if they announce too
	 * large an image.
	 */
	constructor(headers: Record<string, unknown>) {
		this.announcedBytes = Number(headers['content-length'] ?? NaN);
		if (this.announcedBytes > largestImageBytes) throw new TransferError('too-large');
	}

	/**
	 * Checks the next chunk and returns it. Throws TransferError if this is not an image, or is too large.
	 */
	pass(chunk: Buffer): Buffer {
		this.sizeBytes += chunk.length;
		if (this.sizeBytes > largestImageBytes) throw this.fail('too-large');
		const { head, tail } = this;
		if (head.length < headerBytes) {
			this.head = Buffer.concat([head, chunk.subarray(0, headerBytes - head.length)]);
			const isKnown = this.head.length < headBytes || imageKindOf(this.head) !== null;
			if (!isKnown) throw this.fail('no-image');
		}
		this.tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes);
		return chunk;
	}

	/** Its size in pixels according to its own header; null if unknown. */
	get size(): PixelSize | null {
		return pixelSizeOf(this.head);
	}

	/**
	 * Makes the final checks once everything has arrived. Throws TransferError if it is not an image, or was
	 * cut off.
	 */
	end(): void {
		const { announcedBytes, head, sizeBytes, tail } = this;
		const kind = imageKindOf(head);
		if (kind === null) throw this.fail('no-image');
		if (sizeBytes !== announcedBytes && !hasItsEnd(kind, { head, tail, sizeBytes }))
			throw this.fail('incomplete');
	}

	private fail(problem: 'incomplete' | 'no-image' | 'too-large'): TransferError {
		this.failure = new TransferError(problem);
		return this.failure;
	}
}
