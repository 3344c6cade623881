import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { editModel } from '../../../../runflow/client';
import { editFieldsSchema } from '../../../../runflow/input';
import { readImageParameters } from '../../parameters/image';
import { readInputImages } from '../../parameters/inputImages';
import { makeImages } from './makeImages';

/** `image` → `edit`: makes images from images and a prompt for every input item. */
export async function edit(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await makeImages(context, async (itemIndex) => ({
		model: editModel,
		inputImages: await readInputImages(context, itemIndex),
		...readImageParameters(context, itemIndex, editFieldsSchema),
	}));
}
