// Clears up behind a program that died without doing so: its arguments are folders to remove, each line
// of its input is the id of a process to kill, with a minus before it once that process has ended. It
// acts when its input ends, which is when the program that started it is gone.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const running = new Set();
for await (const line of createInterface({ input: process.stdin })) {
	if (line.startsWith('-')) running.delete(Number(line.slice(1)));
	else running.add(Number(line));
}
for (const pid of running) {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// it has ended in between
	}
}
for (const folder of process.argv.slice(2)) {
	rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
