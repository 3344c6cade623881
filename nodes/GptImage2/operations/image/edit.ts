import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { editModel } from '../../../../runflow/client';
import { editFieldsSchema } from '../../../../runflow/input';
import { readImageParameters } from '../../parameters/image';
import { readSources } from '../../parameters/inputImages';
import { makeImages } from './makeImages';

/** `image` → `edit`: images and a prompt in, images out, for every input item. */
export async function edit(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await makeImages(context, (itemIndex) => ({
		model: editModel,
		sources: readSources(context, itemIndex),
		...readImageParameters(context, itemIndex, editFieldsSchema),
	}));
}
