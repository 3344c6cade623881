import type { IBuilderHint, INodeParameters } from 'n8n-workflow';

/** Node parameters as n8n's AI workflow builder is to write them, by what they are for. */
function patternsOf(patterns: Readonly<Record<string, INodeParameters>>): string {
	const lines = Object.entries(patterns).map(
		([title, parameters]) =>
			`<pattern title="${title}">\nparameters: ${JSON.stringify(parameters)}\n</pattern>`,
	);
	return ['<patterns>', ...lines, '</patterns>'].join('\n');
}

const shownFor = (resource: string, operation: string) => ({
	show: { resource: [resource], operation: [operation] },
});

const generate = { resource: 'image', operation: 'generate', prompt: '={{ $json.prompt }}' };
const edit = { resource: 'image', operation: 'edit', prompt: 'Make it night' };
const runOfItem = { __rl: true, mode: 'id', value: '={{ $json.run_id }}' };

/** What n8n's AI workflow builder is told about the node. */
export const actionHint: IBuilderHint = {
	searchHint:
		"Makes and edits images with OpenAI's GPT Image 2, with a Runflow API key. One item becomes one image: binary data in the field 'data', its URL in 'url'. Several items are worked on at the same time, so no loop is needed. Each image costs money: set 'maxImages' in the options.",
	relatedNodes: [
		{
			nodeType: 'n8n-nodes-runflow.gptImage2Trigger',
			relationHint: "Starts a workflow when a run has ended that this node started with 'none'",
		},
	],
	extraTypeDefContent: [
		{
			displayOptions: shownFor('image', 'generate'),
			content: patternsOf({
				'A few images: wait for them': {
					...generate,
					completion: 'poll',
					options: { maxImages: 10 },
				},
				'Many images: suspend the execution': {
					...generate,
					completion: 'suspend',
					options: { maxImages: 200 },
				},
			}),
		},
		{
			displayOptions: shownFor('image', 'edit'),
			content: patternsOf({
				'Edit what this node made before': {
					...edit,
					inputSource: 'run',
					inputRunId: runOfItem,
				},
				"Edit the item's own image": {
					...edit,
					inputSource: 'binary',
					inputBinaryFields: 'data',
				},
			}),
		},
		{
			displayOptions: shownFor('run', 'get'),
			content: patternsOf({
				'Download the image of an item of the trigger': {
					resource: 'run',
					operation: 'get',
					runId: runOfItem,
					options: { imageNumber: '={{ $json.image_index + 1 }}' },
				},
			}),
		},
	],
};

/** What n8n's AI workflow builder is told about the trigger. */
export const triggerHint: IBuilderHint = {
	searchHint:
		"Starts when a run of GPT Image 2 on Runflow has ended. Its production URL belongs in 'callbackUrl' of the node that starts the runs. Items have the URL of the image and no binary data.",
	relatedNodes: [
		{
			nodeType: 'n8n-nodes-runflow.gptImage2',
			relationHint:
				"Starts the runs with 'none'; behind the trigger, 'run' → 'get' downloads the image",
		},
		{
			nodeType: 'n8n-nodes-base.removeDuplicates',
			relationHint: "Behind the trigger, by 'run_id', where a callback that is repeated would hurt",
		},
	],
	extraTypeDefContent: [
		{
			content: patternsOf({
				'Signed callbacks of finished images': {
					events: ['run.completed', 'run.partial_succeeded'],
					authentication: 'signature',
				},
			}),
		},
	],
};
