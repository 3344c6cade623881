import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux counts CPU time in ticks of this length. */
const tickMs = 10;

/** The CPU time that a process has used since it started, in milliseconds, its own threads included. */
export function cpuMs(pid: number | undefined): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const [, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/**
 * The CPU time that a process uses per second while it has nothing to do, in milliseconds: that of the
 * quietest five seconds, because n8n still has things to finish for a while after its start.
 */
export async function idleMsPerSecond(pid: number | undefined, seconds: number): Promise<number> {
	const windowSeconds = Math.min(seconds, 5);
	const found: number[] = [];
	while (found.length < seconds / windowSeconds) {
		const before = cpuMs(pid);
		await sleep(windowSeconds * 1000);
		found.push((cpuMs(pid) - before) / windowSeconds);
	}
	return Math.min(...found);
}

const idleAfterSeconds = 10;

/**
 * The CPU time that a process uses for `work`, in milliseconds, without what it uses while idle: as much
 * as was measured before, or as it is afterwards where that is less. Ends when `work` is done and the
 * process has been quiet for two seconds, at most 20 seconds later; nothing is asked of it meanwhile.
 */
export async function cpuOf(
	pid: number | undefined,
	idlePerSecond: number,
	work: () => Promise<void>,
): Promise<number> {
	const started = Date.now();
	const before = cpuMs(pid);
	await work();
	let quietSeconds = 0;
	for (let second = 0; second < 20 && quietSeconds < 2; second++) {
		const last = cpuMs(pid);
		await sleep(1000);
		quietSeconds = cpuMs(pid) - last < idlePerSecond + 30 ? quietSeconds + 1 : 0;
	}
	const used = cpuMs(pid) - before;
	const seconds = (Date.now() - started) / 1000;
	const idleAfter = await idleMsPerSecond(pid, idleAfterSeconds);
	return used - seconds * Math.min(idlePerSecond, idleAfter);
}

/** The resident memory of a process in megabytes; null if it has ended. */
export function residentMegabytes(pid: number | undefined): number | null {
	try {
		const status = readFileSync(`/proc/${pid}/status`, 'utf8');
		const kilobytes = /VmRSS:\s+(\d+)/.exec(status)?.[1];
		return kilobytes === undefined ? null : Number(kilobytes) / 1024;
	} catch {
		return null;
	}
}

/** Does `work` and returns its value, with the peak growth of a process's resident memory in megabytes. */
export async function peakGrowth<T>(
	pid: number | undefined,
	work: () => Promise<T>,
): Promise<{ value: T; megabytes: number }> {
	const before = residentMegabytes(pid) ?? 0;
	let peak = before;
	const sampler = setInterval(() => (peak = Math.max(peak, residentMegabytes(pid) ?? 0)), 20);
	try {
		const value = await work();
		return { value, megabytes: peak - before };
	} finally {
		clearInterval(sampler);
	}
}

/** Waits until a condition holds, without asking n8n for it. Throws after `timeoutMs`. */
export async function until(holds: () => boolean, timeoutMs = 600_000): Promise<void> {
	const deadline = Date.now() + timeoutMs;
	while (!holds()) {
		if (Date.now() > deadline) throw new Error('waited too long');
		await sleep(100);
	}
}
