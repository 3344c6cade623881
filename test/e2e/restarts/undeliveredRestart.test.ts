import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator } from '../../../simulator/simulator';
import { credentialFor, drawing, expectSuccess, itemsOf, until } from '../support';

jest.setTimeout(300_000);

const promptsOf = (prompts: string[]) => prompts.map((prompt) => ({ prompt }));

describe('what a failed node paid for, when n8n is started again', () => {
	it.each([
		['by the references that the node made', {}],
		["by a reference of the user's own", { options: { clientRef: 'order-17', download: false } }],
	])('is output once, whoever asks for it and in what parts, %s', async (_name, parameters) => {
		const simulator = await startSimulator({ runTime: 500 });
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'A hen', times: 1 });
		let n8n: RunningN8n = await startN8n({ tarball: process.env.E2E_TARBALL });
		const { userFolder } = n8n;
		const port = Number(new URL(n8n.url).port);
		const restart = async () => {
			await n8n.stop({ signal: 'SIGKILL', keep: true });
			n8n = await startN8n({ userFolder, port });
		};
		const booked = (prompt: string) =>
			simulator.runs.filter(({ request }) => request.input.prompt === prompt).length;
		try {
			const credentialId = await credentialFor(n8n.client, simulator);
			const all = ['A fox', 'A hen', 'An owl'];
			const whole = drawing(promptsOf(all), parameters);
			const id = await n8n.client.createWorkflow(whole, credentialId);
			expect((await n8n.client.executeToEnd(id)).status).toBe('error');
			await restart();

			// The owl is taken up by an execution that dies, and its Retry has it.
			simulator.settings.runTime = 20_000;
			const crashing = await n8n.client.execute(id, 'Start');
			await until(() => booked('A hen') === 2);
			await restart();
			expect((await n8n.client.finished(crashing)).status).toBe('crashed');
			const retried = await n8n.client.retry(crashing);
			expectSuccess(retried);
			expect(itemsOf(retried).map(({ json }) => json.prompt)).toEqual(all);
			expect(all.map(booked)).toEqual([1, 2, 1]);

			simulator.settings.runTime = 500;
			await restart();
			expectSuccess(await n8n.client.executeToEnd(id));
			expect(all.map(booked)).toEqual([2, 3, 2]);
		} finally {
			await n8n.stop();
			await simulator.close();
		}
	});

	it('is not lost where many executions fail at once', async () => {
		const simulator = await startSimulator({ runTime: 1_000 });
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'A hen', times: 6 });
		const first = await startN8n({ tarball: process.env.E2E_TARBALL });
		const credentialId = await credentialFor(first.client, simulator);
		const id = await first.client.createWorkflow(
			drawing(promptsOf(['A fox', 'A hen'])),
			credentialId,
		);
		const started = await Promise.all(
			Array.from({ length: 6 }, async () => await first.client.execute(id, 'Start')),
		);
		for (const execution of started) await first.client.finished(execution);
		await first.stop({ signal: 'SIGKILL', keep: true });
		const port = Number(new URL(first.url).port);
		const again = await startN8n({ userFolder: first.userFolder, port });
		try {
			for (let number = 0; number < 6; number++) {
				expectSuccess(await again.client.executeToEnd(id));
			}
			const paid = simulator.runs.filter(({ end }) => end === 'succeeded');
			expect(paid).toHaveLength(12);
		} finally {
			await again.stop();
			await simulator.close();
		}
	});
});
