import { createHash } from 'node:crypto';

import { jsonStringify, type IExecuteFunctions, type INode } from 'n8n-workflow';
import { z } from 'zod/v3';

import { Slots } from '../../../runflow/slots';
import type { ImageParameters } from '../parameters/image';
import type { InputImage, InputImages } from '../parameters/inputImages';
import { isTool } from '../parameters/node';
import { ownTurn } from '../turns';

const filesAtOnce = 4;
const hashLength = 16;
const sourceHashLength = 10;

/** What one item asks for: the model and its checked parameters. */
export interface ImagePlan extends ImageParameters {
	model: string;
	/** The images to work on; null if there are none. */
	inputImages: InputImages | null;
}

/** An input item and what it asks for: one picture, or one of several pictures that differ in size. */
export interface PlannedItem {
	itemIndex: number;
	/**
	 * The number by which its run is found again: the item's index, or a number above all indexes for a
	 * further size.
	 */
	requestNumber: number;
	plan: ImagePlan;
}

/** What identifies a request. */
export interface Identity {
	/** The hash of what determines the image: the same for items that ask for the same. */
	hash: string;
	/**
	 * The hash of the request's source, that is, the unevaluated parameters and the input item. It stays the
	 * same for the next try of an item, whatever its expressions (`$now`) evaluate to. Empty for a tool,
	 * whose calls differ in what the model passes.
	 */
	sourceHash: string;
}

/** What an item asks for, and its identity. */
export interface Request extends PlannedItem, Identity {}

/**
 * Returns the requests of the items. Uploaded images are identified by their content, because n8n gives a
 * file a new name in each execution; each file is read once, as a stream. One that can't be read is
 * identified by its id; the upload then says what is wrong with it. Never throws.
 */
export async function requestsOf(
	context: IExecuteFunctions,
	planned: PlannedItem[],
): Promise<Request[]> {
	const fingerprints = new Fingerprints(context);
	const items = context.getInputData();
	const parameters = shapingParameters(context.getNode());
	const hasSource = !isTool(context);
	return await Promise.all(
		planned.map(async ({ itemIndex, plan, requestNumber }): Promise<Request> => {
			await ownTurn();
			const inputImages = plan.inputImages && (await fingerprints.addTo(plan.inputImages));
			const images = inputImages && identityOf(inputImages);
			const source = [parameters, items[itemIndex]?.json, images];
			return {
				itemIndex,
				requestNumber,
				plan: { ...plan, inputImages },
				hash: hashOf({ model: plan.model, input: plan.input, ...images }, hashLength),
				sourceHash: hasSource ? hashOf(source, sourceHashLength) : '',
			};
		}),
	);
}

/** The parameters that determine the image, unevaluated. */
function shapingParameters({ parameters }: INode): unknown[] {
	const shaping = Object.entries(parameters).filter(([name]) => !otherParameters.has(name));
	return [shaping, shapingOptionsSchema.parse(parameters.options)];
}

/**
 * Identifies images. An image of an earlier run is identified by that run and its number, not by its URL,
 * which is signed anew each time.
 */
function identityOf({ images, mask }: InputImages) {
	const identify = (image: InputImage) => {
		if ('url' in image) return image.url;
		return 'runId' in image ? `run ${image.runId} image ${image.imageNumber}` : image.fingerprint;
	};
	return { images: [images, mask ?? []].flat().map(identify), masked: mask !== null };
}

function hashOf(value: unknown, length: number): string {
	const text = jsonStringify(value, { replaceCircularRefs: true });
	return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Parameters that determine what happens with a run, not what is asked for. */
const otherParameters: ReadonlySet<string> = new Set(['callbackUrl', 'completion', 'options']);

const shapingOptionsSchema = z
	.object({
		additionalInput: z.unknown(),
		maskBinaryField: z.unknown(),
		maskUrl: z.unknown(),
	})
	.catch({});

/** The fingerprints of binary images: hashes of their content. */
class Fingerprints {
	private readonly slots = new Slots(filesAtOnce);

	private readonly underway = new Map<string, Promise<string>>();

	constructor(private readonly context: IExecuteFunctions) {}

	/** Returns the images with their fingerprints. */
	async addTo({ images, mask }: InputImages): Promise<InputImages> {
		return {
			images: await Promise.all(images.map(async (image) => await this.with(image))),
			mask: mask && (await this.with(mask)),
		};
	}

	private async with<T extends InputImage>(image: T): Promise<T> {
		if (!('binary' in image) || image.binary.id === undefined) return image;
		return { ...image, fingerprint: await this.once(image.binary.id) };
	}

	private async once(id: string): Promise<string> {
		const hash = this.underway.get(id) ?? this.slots.use(async () => await this.read(id));
		this.underway.set(id, hash);
		return await hash;
	}

	private async read(id: string): Promise<string> {
		try {
			const hash = createHash('sha256');
			for await (const chunk of await this.context.helpers.getBinaryStream(id)) hash.update(chunk);
			return hash.digest('hex');
		} catch {
			return id;
		}
	}
}
