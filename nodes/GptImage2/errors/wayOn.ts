/**
 * Where an error ends up: it fails the execution, or it is in a row of a successful one, which n8n does not
 * retry. After a suspension, only the process that resumed the execution remembers what was not output.
 */
export type Place = 'thrown' | 'row' | 'resumed';

const executeAgain =
	'Execute the workflow again within a day to continue with the same run; it is not paid for again';

const waysOn: Readonly<Record<Place, string>> = {
	thrown: 'Retry this execution to continue with the same run; it is not paid for again.',
	row: `${executeAgain}.`,
	resumed: `${executeAgain}, unless n8n runs in queue mode or has been restarted since.`,
};

/** How to get the images of a run that is paid for. */
export function wayOnWithRun(place: Place): string {
	return `${waysOn[place]} Or read it later with 'Run' as 'Resource', 'Get' as 'Operation', and this run's ID.`;
}

/** How to continue after a create that got no clear answer. */
export function wayOnWithReference(place: Place, reference: string): string {
	const way =
		place === 'thrown'
			? 'Retry this execution: it looks for that run before it starts another.'
			: "Look for it with 'Run' as 'Resource' and 'Get Many' as 'Operation' before you execute the workflow again, which starts another.";
	return `The run may have been started all the same. ${way} Its client reference: ${reference}.`;
}

/** Adapts advice to the place: it says what to execute again. */
export function fitted(advice: string, place: Place): string {
	if (place === 'thrown') return advice;
	return advice
		.replaceAll('Retry this execution', 'Execute the workflow again')
		.replaceAll('retry this execution', 'execute the workflow again');
}
