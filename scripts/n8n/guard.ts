import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** What happens to child processes and a folder however this program ends. */
export interface Guard {
	/** Has that process killed, unless it has ended before. */
	watch: (child: ChildProcess) => void;
	/** Kills what is watched and still runs, and removes the folder; resolves when that is done. */
	end: () => Promise<void>;
}

/**
 * Starts a guard that outlives this program: when it dies, by SIGKILL too, the guard kills the watched
 * processes and removes the folder. An 'exit' listener can't do so: in a jest test none is ever called.
 */
export function startGuard(folder: string): Guard {
	const guard = spawn(process.execPath, [join(__dirname, 'clearUp.mjs'), folder], {
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	const ended = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
	const tell = (line: string) => {
		if (guard.stdin.writable) guard.stdin.write(`${line}\n`);
	};
	return {
		watch: (child) => {
			tell(`${child.pid}`);
			child.once('exit', () => tell(`-${child.pid}`));
		},
		end: async () => {
			guard.stdin.end();
			await ended;
		},
	};
}
