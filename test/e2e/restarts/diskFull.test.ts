import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { credentialFor, expectSuccess, goldenWorkflow, itemsOf } from '../support';
import { hasFeature } from '../versions';

jest.setTimeout(240_000);

const imageBytes = 400_000;
const fewMegabytes = 3;
const manyMegabytes = 50;

const storagePath = hasFeature('the setting N8N_STORAGE_PATH')
	? 'N8N_STORAGE_PATH'
	: 'N8N_BINARY_DATA_STORAGE_PATH';

let disk: string;
let n8n: RunningN8n;
let simulator: Simulator;

/** Mounts a disk of that size, or changes its size; needs to be root, by sudo where the tests are not. */
function size(megabytes: number, options: string[]): void {
	const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
	const [command = '', ...args] = [...sudo, 'mount', ...options, `size=${megabytes}m`, disk];
	execFileSync(command, args, { stdio: 'pipe' });
}

beforeAll(async () => {
	disk = mkdtempSync(join(tmpdir(), 'n8n-runflow-disk-'));
	size(fewMegabytes, ['-t', 'tmpfs', 'tmpfs', '-o', 'mode=777', '-o']);
	simulator = await startSimulator({ runTime: 2000, fileSize: imageBytes });
	n8n = await startN8n({
		tarball: process.env.E2E_TARBALL,
		env: { [storagePath]: join(disk, 'storage'), N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' },
	});
});

beforeEach(() => {
	simulator.runs.length = 0;
	execFileSync('rm', ['-rf', join(disk, 'storage', 'workflows')]);
	size(fewMegabytes, ['-o', 'remount', '-o']);
});

afterAll(async () => {
	await n8n.stop();
	await simulator.close();
	const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
	const [command = '', ...args] = [...sudo, 'umount', disk];
	execFileSync(command, args, { stdio: 'pipe' });
	rmSync(disk, { recursive: true });
});

/** Runs twenty items on the small disk; resolves with the ended execution. */
async function executeTwenty(completion: string) {
	const { client } = n8n;
	const credentialId = await credentialFor(client, simulator);
	const workflow = goldenWorkflow('twenty-items', { parameters: { completion } });
	const workflowId = await client.createWorkflow(workflow, credentialId);
	return await client.executeToEnd(workflowId);
}

describe('a disk that fills up while images are stored', () => {
	it('stops a polling node with its runs named, and Retry pays for nothing again', async () => {
		const failed = await executeTwenty('poll');
		const { error } = failed.data.resultData;
		expect(failed.status).toBe('error');
		expect(error?.message).toContain('could not be stored in n8n');
		expect(JSON.stringify(error)).toContain(simulator.runs[19]?.id);
		expect(simulator.runs).toHaveLength(20);

		size(manyMegabytes, ['-o', 'remount', '-o']);
		const retried = await n8n.client.retry(failed.id);
		expectSuccess(retried);
		expect(itemsOf(retried).filter(({ binary }) => binary?.data)).toHaveLength(20);
		expect(simulator.runs).toHaveLength(20);
	});

	it('leaves every run in the items of a suspended execution: an image, or its URL and why', async () => {
		const execution = await executeTwenty('suspend');
		expectSuccess(execution);
		const items = itemsOf(execution);
		expect(items.map(({ json }) => json.run_id)).toEqual(simulator.runs.map(({ id }) => id));
		const without = items.filter(({ binary }) => !binary?.data);
		expect(without.length).toBeGreaterThan(0);
		for (const { json } of without) {
			expect(json).toMatchObject({
				url: expect.any(String),
				failure: {
					code: 'STORAGE_FAILED',
					message: expect.stringContaining("n8n's disk is full"),
				},
			});
		}
		expect(simulator.runs).toHaveLength(20);
	});
});
