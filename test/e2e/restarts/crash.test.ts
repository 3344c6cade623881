import { startN8n } from '../../../scripts/n8n/process';
import { startSimulator } from '../../../simulator/simulator';
import { credentialFor, goldenWorkflow, itemsOf, until } from '../support';

jest.setTimeout(300_000);

describe('an n8n that is killed', () => {
	it('does not pay again when the edit of an earlier run is retried, though its URL was signed anew', async () => {
		const simulator = await startSimulator({ runTime: 300 });
		const earlier = await fetch(`${simulator.url}/v1/models/openai/gpt-image-2/runs`, {
			method: 'POST',
			headers: { authorization: 'Bearer rf_live_x', 'content-type': 'application/json' },
			body: JSON.stringify({ input: { prompt: 'a sign' } }),
		});
		const { id: runId } = (await earlier.json()) as { id: string };
		await until(() => Date.now() > (simulator.runs[0]?.endsAt ?? Infinity));
		simulator.settings.runTime = 15_000;

		const first = await startN8n({ tarball: process.env.E2E_TARBALL });
		const credentialId = await credentialFor(first.client, simulator);
		const edit = { prompt: 'make it blue', operation: 'edit', inputSource: 'run' };
		const inputRunId = { __rl: true, mode: 'list', value: runId };
		const golden = goldenWorkflow('twenty-items', { parameters: { ...edit, inputRunId } });
		const nodes = golden.nodes.map((node) =>
			node.name === 'Prompts'
				? { ...node, parameters: { jsCode: "return [{ json: { prompt: 'one' } }];" } }
				: node,
		);
		const workflowId = await first.client.createWorkflow(
			{ ...golden, nodes, settings: { saveExecutionProgress: true } },
			credentialId,
		);
		const executionId = await first.client.execute(workflowId, 'Start');
		await until(() => simulator.runs.length === 2);
		await first.stop({ signal: 'SIGKILL', keep: true });

		const port = Number(new URL(first.url).port);
		const again = await startN8n({ userFolder: first.userFolder, port });
		try {
			const crashed = await again.client.finished(executionId);
			expect(crashed.status).toBe('crashed');
			const retried = await again.client.retry(executionId);
			expect(retried.status).toBe('success');
			expect(itemsOf(retried).map(({ json }) => json.run_id)).toEqual([simulator.runs[1]?.id]);
			expect(itemsOf(retried)[0]?.binary?.data).toBeDefined();
			expect(simulator.runs).toHaveLength(2);
		} finally {
			await again.stop();
			await simulator.close();
		}
	});

	it('resumes with all images where it died while a resume downloaded them', async () => {
		const simulator = await startSimulator({ runTime: 8_000 });
		simulator.misbehave({ do: 'slow-file', milliseconds: 6_000, times: 20 });
		const first = await startN8n({ tarball: process.env.E2E_TARBALL });
		const credentialId = await credentialFor(first.client, simulator);
		const workflow = goldenWorkflow('twenty-items', { parameters: { completion: 'suspend' } });
		const workflowId = await first.client.createWorkflow(workflow, credentialId);
		const id = await first.client.execute(workflowId, 'Start');
		await until(() => (simulator.requests['GET /files/:id/:index/:name'] ?? 0) >= 5);
		expect(await first.client.statusOf(id)).toBe('waiting');
		await first.stop({ signal: 'SIGKILL', keep: true });

		const port = Number(new URL(first.url).port);
		const again = await startN8n({ userFolder: first.userFolder, port });
		try {
			// The callbacks are gone, and the alarm of the suspension rings 150 seconds after it began.
			const execution = await again.client.finished(id, 240_000);
			expect(execution.status).toBe('success');
			expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
			expect(simulator.runs).toHaveLength(20);
		} finally {
			await again.stop();
			await simulator.close();
		}
	});

	it('resumes all 20 suspended executions with their images after it is started again', async () => {
		const simulator = await startSimulator({ runTime: 45_000 });
		const first = await startN8n({ tarball: process.env.E2E_TARBALL });
		const credentialId = await credentialFor(first.client, simulator);
		const golden = goldenWorkflow('twenty-items', { parameters: { completion: 'suspend' } });
		const nodes = golden.nodes.map((node) =>
			node.name === 'Prompts'
				? { ...node, parameters: { jsCode: "return [{ json: { prompt: 'one' } }];" } }
				: node,
		);
		const workflowId = await first.client.createWorkflow({ ...golden, nodes }, credentialId);
		const ids = await Promise.all(
			Array.from({ length: 20 }, async () => await first.client.execute(workflowId, 'Start')),
		);
		await until(async () =>
			(await Promise.all(ids.map(async (id) => await first.client.statusOf(id)))).every(
				(status) => status === 'waiting',
			),
		);
		await first.stop({ signal: 'SIGKILL', keep: true });

		const again = await startN8n({
			userFolder: first.userFolder,
			port: Number(new URL(first.url).port),
		});
		try {
			const executions = await Promise.all(ids.map(async (id) => await again.client.finished(id)));
			expect(executions.map(({ status }) => status)).toEqual(Array<string>(20).fill('success'));
			const images = executions
				.flatMap((execution) => itemsOf(execution))
				.filter(({ binary }) => binary?.data);
			expect(images).toHaveLength(20);
			expect(simulator.runs).toHaveLength(20);
		} finally {
			await again.stop();
			await simulator.close();
		}
	});
});
