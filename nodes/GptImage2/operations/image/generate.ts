import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { generateModel } from '../../../../runflow/client';
import { generateInputSchema } from '../../../../runflow/input';
import { readImageParameters } from '../../parameters/image';
import { makeImages } from './makeImages';

/** `image` → `generate`: makes images from a prompt for every input item. */
export async function generate(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await makeImages(context, (itemIndex) => ({
		model: generateModel,
		inputImages: null,
		...readImageParameters(context, itemIndex, generateInputSchema),
	}));
}
