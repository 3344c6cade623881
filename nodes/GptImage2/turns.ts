import { sleep } from 'n8n-workflow';

/** How many calls share a turn of the event loop, and how long the next ones wait for theirs. */
const mostInOneTurn = 20;
const longestTurnMs = 10;

let calls = 0;
let began = 0;
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Resolves in a turn of the event loop that few other calls share, in the order of the calls: a thousand
 * requests or answers at once would block n8n for half a second.
 */
export async function ownTurn(): Promise<void> {
	calls += 1;
	if (calls % mostInOneTurn === 0 || performance.now() - began > longestTurnMs) {
		began = performance.now();
		lastTurn = lastTurn.then(nextTurn);
	}
	await lastTurn;
}

async function nextTurn(): Promise<void> {
	await sleep(0);
	began = performance.now();
}
