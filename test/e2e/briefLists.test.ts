import type { IDataObject } from 'n8n-workflow';

import type { N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { runIds } from './restarts/crashes';
import { drawing, expectSuccess, useSimulator } from './support';

jest.setTimeout(120_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), {
	runTime: 300,
	samePicture: true,
});

const three = ['a fox', 'a hen', 'an owl'].map((prompt) => ({ prompt }));

/** Expects that each item gets its own run again when its workflow runs again, and that nothing is paid twice. */
async function expectReused(options: IDataObject, unlistedFields: string[]): Promise<void> {
	simulator.settings.unlistedFields = unlistedFields;
	const workflow = drawing(three, { options: { ...options, reuse: 24 } });
	const workflowId = await client.createWorkflow(workflow, credentialId);
	const first = await client.executeToEnd(workflowId);
	expectSuccess(first);
	const again = await client.executeToEnd(workflowId);
	expectSuccess(again);
	expect(simulator.runs).toHaveLength(3);
	expect(new Set(runIds(first)).size).toBe(3);
	expect(runIds(again)).toEqual(runIds(first));
}

describe("'Reuse Earlier Runs' on a real n8n gives each of three items its own run again", () => {
	it("where they share a reference of the user's own and the list has no input", async () => {
		await expectReused({ clientRef: 'order-17' }, ['input']);
	});

	it("where they share a reference of the user's own and the list names none", async () => {
		await expectReused({ clientRef: 'order-18' }, ['client_ref']);
	});

	it('where the list names no references', async () => {
		await expectReused({}, ['client_ref']);
	});
});
