import { examples, readExample } from './examples';
import type { ExportedWorkflow, N8nClient } from './n8n/client';

/** What the demo fills in where a user would. */
export interface DemoSettings {
	/** The id of the credential for the chat models. */
	chatCredentialId: string;
	/** The URL at which Runflow reaches n8n, null where it can't. */
	callbacksAt: string | null;
}

/** An example in the demo's n8n. */
export interface ImportedExample {
	id: string;
	/** The workflow's name. */
	title: string;
	account?: string;
	form?: string;
}

/**
 * Imports every example with its tag, and publishes those with a web form, so that the form's address works,
 * unless n8n asks for a credential of another service first.
 * The last one goes first, because n8n lists the newest on top.
 */
export async function importExamples(
	client: N8nClient,
	{ credentialId, ...settings }: DemoSettings & { credentialId: string },
): Promise<ImportedExample[]> {
	const tags = new Map<string, string>();
	const imported: ImportedExample[] = [];
	for (const { name, tag, account, form } of [...examples].reverse()) {
		const tagId = tags.get(tag) ?? (await client.createTag(tag));
		tags.set(tag, tagId);
		const workflow = fillIn(readExample(name), settings);
		const id = await client.createWorkflow({ ...workflow, tags: [tagId] }, credentialId);
		if (form !== undefined && account === undefined) await client.activate(id);
		imported.unshift({ id, title: workflow.name, account, form });
	}
	return imported;
}

/** A workflow with the chat models' credential chosen, and with the URL of its own trigger as callback URL. */
export function fillIn(workflow: ExportedWorkflow, settings: DemoSettings): ExportedWorkflow {
	const trigger = workflow.nodes.find(({ type }) => type.endsWith('.gptImage2Trigger'));
	const callbackUrl = `${settings.callbacksAt}/webhook/${trigger?.webhookId}/runflow`;
	const openAiApi = { id: settings.chatCredentialId, name: 'Chat model' };
	const nodes = workflow.nodes.map((node) => {
		if (node.type.endsWith('.lmChatOpenAi')) return { ...node, credentials: { openAiApi } };
		if (node.name !== 'Paste the callback URL' || settings.callbacksAt === null) return node;
		const assignments = [{ id: '1', name: 'callback_url', value: callbackUrl, type: 'string' }];
		return { ...node, parameters: { ...node.parameters, assignments: { assignments } } };
	});
	return { ...workflow, nodes };
}

/** Lines on an example: what it needs, and its form where that works, else its place in the editor. */
export function introduce({ id, title, account, form }: ImportedExample, url: string): string {
	if (account !== undefined) return `  ${title} (needs ${account})\n    ${url}/workflow/${id}`;
	return `  ${title}\n    ${form === undefined ? `${url}/workflow/${id}` : `${url}/form/${form}`}`;
}
