import { dollars } from './budget';
import type { Outcome } from './check';
import type { LiveReport, Result } from './tryAll';

/** Whether a result shows something that the package relies on and doesn't have. */
export function isBroken({ check, finding }: Result): boolean {
	return finding.outcome === 'differs' && (finding.breaks || check.copes === null);
}

/** What the package does about a difference, and where that is decided. */
function wayOf(result: Result): string {
	const { copes, decides } = result.check;
	return isBroken(result) ? `relies on it: change ${decides}` : `${copes} (${decides})`;
}

const indent = ' '.repeat(11);

/** A result as lines for a terminal. */
export function linesOf(result: Result): string {
	const { check, finding } = result;
	const lines = [
		`${finding.outcome.padEnd(indent.length)}${check.assumption} (${check.source})`,
		`${indent}seen: ${finding.seen.replace(/\s+/g, ' ')}`,
		...(finding.outcome === 'differs' ? [`${indent}the package: ${wayOf(result)}`] : []),
	];
	return lines.join('\n');
}

/** How many results there are of each outcome, what it took, and what is to be done. */
export function summaryOf({ hindrance, requests, results, seconds, spent }: LiveReport): string {
	const count = (outcome: Outcome) =>
		results.filter(({ finding }) => finding.outcome === outcome).length;
	const broken = results.filter(isBroken);
	const counts = `${count('holds')} hold, ${count('differs')} differ, ${count('not tried')} not tried`;
	const took = `${requests} requests in ${seconds.toFixed(1)} s, ${dollars(spent)} spent`;
	const verdict =
		broken.length === 0
			? (hindrance ?? 'Nothing that the package relies on differs.')
			: `The package relies on what differs in ${broken.map(({ check }) => check.id).join(', ')}.`;
	return `${counts}; ${took}.\n${verdict}`;
}

/** The runs that were asked for, by which they are found in the account. */
export function runsOf({ runs }: LiveReport): string {
	const named = runs.map(({ id, isRepeated, name, ref }) => {
		if (id === null) return `${name} (no id yet; its client_ref is ${ref})`;
		return isRepeated ? `${name} ${id} (others may have its client_ref, ${ref})` : `${name} ${id}`;
	});
	return named.length === 0 ? 'No run was made.' : `Runs that were made: ${named.join(', ')}.`;
}

const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

/** The report as a page; `source` says what was tried, and when. */
export function pageOf(report: LiveReport, source: string): string {
	const rows = report.results.map((result) => {
		const { check, finding } = result;
		const way = finding.outcome === 'differs' ? wayOf(result) : '';
		const cells = [check.id, check.assumption, check.source, finding.outcome, finding.seen, way];
		return `| ${cells.map(cell).join(' | ')} |`;
	});
	return `# What the API does

${source}

${summaryOf(report)}

| Check | Assumption | Source | Outcome | Seen | Where it differs, the package |
|---|---|---|---|---|---|
${rows.join('\n')}

${runsOf(report)}
`;
}
