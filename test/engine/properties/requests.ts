import type { ImagePlan, Request } from '../../../nodes/GptImage2/runs/request';
import { generateModel } from '../../../runflow/client';
import { editFieldsSchema } from '../../../runflow/input';

/** How a generated request delivers its images. */
export const output = {
	binaryField: 'data',
	download: false,
	fileName: null,
	includeRun: false,
	output: 'perImage' as const,
	simplify: false,
};

/** What an item with this prompt asks for. */
export const planOf = (prompt: string, clientRef: string | null = null): ImagePlan => ({
	model: generateModel,
	input: editFieldsSchema.parse({ prompt, image_size: 'square' }),
	inputImages: null,
	metadata: {},
	clientRef,
	callbackUrl: null,
	channel: null,
	moreSizes: [],
	publicLinkDays: 0,
	output,
});

/** The request of an item with this prompt, known by the prompt alone unless it comes from somewhere. */
export const requestOf = (itemIndex: number, prompt: string, sourceHash = ''): Request => ({
	itemIndex,
	requestNumber: itemIndex,
	plan: planOf(prompt),
	hash: prompt,
	sourceHash,
});
