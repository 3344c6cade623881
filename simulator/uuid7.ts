import { v7 } from 'uuid';

/** A version 7 UUID for a moment in milliseconds since 1970, like the API's run ids. */
export function uuid7(moment: number): string {
	return v7({ msecs: moment });
}
