import type { Caller } from './caller';
import type { Stage } from './stage';

/** How an assumption turned out. */
export type Outcome = 'holds' | 'differs' | 'not tried';

/** What trying an assumption showed. */
export interface Finding {
	outcome: Outcome;
	/** What was seen, or why it was not tried. */
	seen: string;
	/** Whether the package can't work with what was seen, whatever it does elsewhere about a difference. */
	breaks: boolean;
}

/** One assumption of this package about the API, and how to try it. */
export interface Check {
	/** Names the file of the recorded answers. */
	id: string;
	assumption: string;
	/** The tags of its sources, see docs/sources.md. */
	source: string;
	/** What the package does where it differs; null where it relies on it. */
	copes: string | null;
	/** The file that decides what the package does. */
	decides: string;
	/** What it takes to try it, besides the key. */
	needs: 'nothing' | 'pictures' | 'callback' | 'prices';
	/** Tries it. Throws NotTried where that isn't possible. */
	attempt: (stage: Stage, api: Caller) => Promise<Finding>;
}

/** The assumption holds. */
export const holds = (seen: string): Finding => ({ outcome: 'holds', seen, breaks: false });

/** It differs, and the package does about it what the check says. */
export const differs = (seen: string): Finding => ({ outcome: 'differs', seen, breaks: false });

/** It differs in a way that the package doesn't cope with. */
export const breaks = (seen: string): Finding => ({ outcome: 'differs', seen, breaks: true });

/** It holds, or differs in a way that the package copes with. */
export const holdsIf = (condition: boolean, seen: string): Finding =>
	condition ? holds(seen) : differs(seen);
