import type { ChatMessage, ChatRequest, Reply } from '../simulator/scriptedModel';

/**
 * Plays the chat models of the examples without understanding anything: it draws what is asked for, edits
 * the last picture where there is one, and rewords a refused prompt.
 */
export function answerInDemo({ messages }: ChatRequest): Reply {
	const last = messages.at(-1);
	const said = last?.content ?? '';
	if (last?.role === 'tool') return { text: presented(said) };
	const refused = /^Prompt: (.+)$/m.exec(said)?.[1];
	if (refused !== undefined) return { text: reworded(refused) };
	const runId = lastRunOf(messages);
	const call =
		runId === null || /^(please )?(draw|paint)\b/i.test(said)
			? { tool: 'Draw_a_picture', input: { Prompt: said } }
			: { tool: 'Edit_a_picture', input: { Prompt: said, Run_ID: runId } };
	return { calls: [call] };
}

/** Shows the picture that a tool answered, with its run for later changes; says the tool's own words where there is none. */
function presented(answer: string): string {
	const url = /"url":"([^"]+)"/.exec(answer)?.[1];
	const runId = /"run_id":"([^"]+)"/.exec(answer)?.[1];
	if (url === undefined || runId === undefined) return `That did not work. ${answer}`;
	return `![The picture](${url})\n\nRun: ${runId}`;
}

function reworded(prompt: string): string {
	return prompt.replace('famous film superhero', 'cheerful hero in a cape');
}

function lastRunOf(messages: ChatMessage[]): string | null {
	const answers = messages.filter(({ role }) => role === 'assistant');
	const runs = answers.map(({ content }) => /^Run: (\S+)$/m.exec(content ?? '')?.[1]);
	return runs.findLast((run) => run !== undefined) ?? null;
}
