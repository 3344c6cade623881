import type { Check } from '../check';
import { accountChecks } from './account';
import { callbackChecks } from './callbacks';
import { createChecks } from './creates';
import { deliveryChecks } from './deliveries';
import { editChecks } from './edits';
import { errorChecks } from './errors';
import { filterChecks } from './filters';
import { inputChecks } from './inputs';
import { listChecks } from './lists';
import { moneyChecks } from './money';
import { outputChecks } from './outputs';
import { sizeChecks } from './sizes';
import { uploadChecks } from './uploads';

/** Every check but that of the key, in the order in which they are tried. */
export const allChecks: readonly Check[] = [
	...errorChecks,
	...uploadChecks,
	...createChecks,
	...outputChecks,
	...inputChecks,
	...moneyChecks,
	...editChecks,
	...sizeChecks,
	...listChecks,
	...filterChecks,
	...callbackChecks,
	...deliveryChecks,
	...accountChecks,
];
