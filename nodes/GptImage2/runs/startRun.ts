import { sleep, type IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { RunFailedError, RunflowError, StoppedError } from '../../../runflow/errors';
import { retrying } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { settle } from '../../../runflow/settle';
import { hasSucceeded, isTerminal } from '../../../runflow/status';
import { restoreKeptImages, storeImages, type StoredImage } from '../output/images';
import type { RunForItems } from '../output/items';
import type { Ledger, LedgerEntry, LedgerSubject } from './ledger';
import type { ImageParameters, NodeOptions } from '../parameters/image';
import type { EditSources, ImageSource } from '../parameters/inputImages';
import type { Uploads } from './uploads';
import { waitForEnd } from '../waitForEnd';

/** What every run of one node execution shares. */
export interface RunContext {
	context: IExecuteFunctions;
	client: RunflowClient;
	ledger: Ledger;
	uploads: Uploads;
	options: NodeOptions;
	/** Fires when nothing more shall be started or waited for. */
	signal: AbortSignal;
}

/** What one item asks for: the model and its checked parameters. */
export interface ImagePlan extends ImageParameters {
	model: string;
	/** The images to work on, null where there are none. */
	sources: EditSources | null;
}

const createTimeout = 60_000;

/**
 * Brings one item to a run that ended well: takes up what the ledger holds, or creates a run, and waits
 * for its end. Throws RunflowError, RunFailedError for a run that failed or was cancelled.
 */
export async function finishRun(
	runContext: RunContext,
	itemIndex: number,
	plan: ImagePlan,
): Promise<Run> {
	const { client, options, signal } = runContext;
	const started = await startRun(runContext, itemIndex, plan);
	const { pollInterval, timeout } = options;
	const run = await waitForEnd(client, started, { pollInterval, timeout, signal });
	if (!hasSucceeded(run.status)) throw new RunFailedError(run);
	return run;
}

/**
 * The run of an item: the one already paid for or under way, else a new one. Throws RunflowError when
 * none could be started.
 */
export async function startRun(
	runContext: RunContext,
	itemIndex: number,
	plan: ImagePlan,
): Promise<Run> {
	const { client, ledger, signal } = runContext;
	if (signal.aborted) throw new StoppedError();
	const subject = subjectOf(itemIndex, plan);
	let entry = ledger.entryFor(subject);

	const { runId } = entry;
	if (runId !== null) {
		const run = await retrying(async () => await client.getRun(runId), sleep, signal);
		if (!isTerminal(run.status) || hasSucceeded(run.status)) return run;
		entry = ledger.renew(subject);
	}
	if (entry.uncertain && entry.callbackUrl !== plan.callbackUrl && plan.clientRef === null) {
		const { clientRef } = entry;
		const taken = await retrying(async () => await client.findRun(clientRef), sleep, signal);
		if (taken !== null) {
			ledger.update(itemIndex, entry, { runId: taken.id, uncertain: false });
			return taken;
		}
		entry = ledger.renew(subject);
	}
	return await createRun(runContext, subject, plan, entry);
}

async function createRun(
	{ client, ledger, options, signal, uploads }: RunContext,
	subject: LedgerSubject,
	{ model, input: fields, sources, metadata, clientRef, callbackUrl: wantedUrl }: ImagePlan,
	entry: LedgerEntry,
): Promise<Run> {
	const { itemIndex } = subject;
	const callbackUrl = entry.uncertain ? entry.callbackUrl : wantedUrl;
	const images = sources && (await uploads.addressesOf(sources, entry.uncertain));
	const input = { ...fields, ...images };
	const sending = ledger.update(itemIndex, entry, { uncertain: true, callbackUrl });
	const request = {
		input,
		client_ref: sending.clientRef,
		...(Object.keys(metadata).length > 0 && { metadata }),
		...(callbackUrl !== null && { callback_url: callbackUrl }),
	};
	const created = await settle(
		async () =>
			await client.createRun(model, request, {
				idempotencyKey: sending.idempotencyKey,
				findable: clientRef === null,
				uncertain: entry.uncertain,
				timeout: input.sync_mode ? options.timeout * 1000 : createTimeout,
				signal,
			}),
	);
	if (created.ok) {
		ledger.update(itemIndex, sending, { runId: created.value.id, uncertain: false });
		return created.value;
	}
	const { error } = created;
	if (error instanceof RunflowError && !error.mayBePaid) ledger.renew(subject);
	throw error;
}

/**
 * Stores the images of a run that ended well. What came as data URIs is noted in the ledger, since Runflow
 * keeps no copy. Throws ImageDownloadError, or RunFailedError where there is no image at all.
 */
export async function fetchImages(
	{ context, client, ledger, signal }: RunContext,
	itemIndex: number,
	plan: ImagePlan,
	run: Run,
): Promise<RunForItems> {
	const { output } = plan;
	const entry = ledger.entryFor(subjectOf(itemIndex, plan));
	if (run.images.length === 0 && entry.keptImages.length > 0) {
		const images = await restoreKeptImages(context, entry.keptImages);
		return { run, images, itemIndex, output };
	}
	if (run.images.length === 0) throw new RunFailedError(run);
	const reread = async () => await retrying(async () => await client.getRun(run.id), sleep, signal);
	const images = await storeImages(context, run, { output, reread, signal });
	keepInlineImages(ledger, itemIndex, entry, images);
	return { run, images, itemIndex, output };
}

function keepInlineImages(
	ledger: Ledger,
	itemIndex: number,
	entry: LedgerEntry,
	images: StoredImage[],
): void {
	const keptImages = images.flatMap(({ url, binary, index, width, height }) =>
		url === null && binary ? [{ index, width, height, binary }] : [],
	);
	if (keptImages.length > 0) ledger.update(itemIndex, entry, { keptImages });
}

function subjectOf(itemIndex: number, plan: ImagePlan): LedgerSubject {
	const { model, input, metadata, clientRef, sources } = plan;
	const identify = (source: ImageSource) => ('url' in source ? source.url : source.fingerprint);
	const images =
		sources && [...sources.images, ...(sources.mask ? [sources.mask] : [])].map(identify);
	const request = {
		model,
		input,
		metadata,
		...(images && { images, masked: sources?.mask !== null }),
	};
	return { itemIndex, request, clientRef };
}
