/** An assumption can't be tried; the message says why. */
export class NotTried extends Error {}
