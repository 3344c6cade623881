/** How many bytes of images may be on their way into this process at a time: some thirty usual images. */
const mostBytes = 100_000_000;

/** What an image counts as if the storage doesn't say how large it is, in bytes. */
const usualBytes = 10_000_000;

let arrivingBytes = 0;
const waiting: Array<() => void> = [];

/**
 * Receives an image of this many bytes, not a number if that is unknown, once there is room for it in this
 * process; one that is larger than all room comes alone. Returns and throws as `receive` does.
 */
export async function whenThereIsRoom<T>(
	announcedBytes: number,
	receive: () => Promise<T>,
): Promise<T> {
	const bytes = announcedBytes >= 0 ? announcedBytes : usualBytes;
	while (arrivingBytes > 0 && arrivingBytes + bytes > mostBytes) {
		await new Promise<void>((resolve) => waiting.push(resolve));
	}
	arrivingBytes += bytes;
	try {
		return await receive();
	} finally {
		arrivingBytes -= bytes;
		for (const goOn of waiting.splice(0)) goOn();
	}
}
