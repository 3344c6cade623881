import type { RunRequest } from '../runflow/input';
import type { Misbehaviour, Settings } from './options';
import { maskedPicture, type Masked } from './masked';
import { drawPicture, sizeOf } from './picture';
import { asNamed, outputOf, priceOf } from './runView';
import { uuid7 } from './uuid7';

/** One run as the simulator keeps it; times in milliseconds since 1970. */
export interface SimulatedRun {
	id: string;
	model: string;
	request: RunRequest;
	createdAt: number;
	endsAt: number;
	/** The status it will end with. */
	end: string;
	/** The reason, if it ends as failed. */
	failure: { code: string; message: string; stage: string };
	pictures: Promise<Buffer[]>;
}

const notDelivered = {
	code: 'MODEL_UNAVAILABLE',
	message: 'The provider did not deliver the image',
	stage: 'dispatch',
};

/** As OpenAI's image models refuse a prompt; how Runflow passes that on is unknown (ERR). */
const refusedPrompt = {
	code: 'MODERATION_BLOCKED',
	message: 'The prompt was rejected by the safety system of the model',
	stage: 'dispatch',
};

/** The failure as in ERR, for an input that can't be used. */
const unreadableInput = {
	code: 'INPUT_VALIDATION_FAILED',
	message: 'An input image could not be fetched',
	stage: 'preprocess',
};

const realisticTimesMs: Readonly<Record<string, number>> = {
	low: 8_000,
	medium: 16_000,
	high: 30_000,
};

/** The runs of a simulator, and what the API says of them at a moment. */
export class RunStore {
	readonly runs: SimulatedRun[] = [];

	private readonly drawnOnce = new Map<string, Promise<Buffer>>();

	constructor(
		private readonly settings: Settings,
		private readonly misbehaviour: Misbehaviour,
		private readonly images: {
			fileUrl: (run: SimulatedRun, index: number) => string;
			/** A thumbnail of an edit's first input image; null if there is none. */
			thumbnail: (input: RunRequest['input']) => Promise<Buffer | null>;
			/** The first input image and its mask; null where there is no mask. */
			masked: (input: RunRequest['input']) => Promise<Masked | null>;
			/** The input as a run shows it. */
			shownInput: (input: RunRequest['input']) => Promise<Record<string, unknown>>;
			/** Whether a model could read the images of an input. */
			areReadable: (input: RunRequest['input']) => boolean;
		},
	) {}

	/** Creates a run from a checked request. */
	create(model: string, request: RunRequest): SimulatedRun {
		const { input } = request;
		const createdAt = Date.now();
		const isReadable = this.images.areReadable(input);
		const isRefused = this.misbehaviour.take('refuse-prompt', input.prompt) !== null;
		const asTold = this.misbehaviour.take('end-run', input.prompt)?.status;
		const end = asTold ?? (isReadable && !isRefused ? 'succeeded' : 'failed');
		const endsNow = this.misbehaviour.has('early-callback', input.prompt);
		const delivered =
			end === 'partial_succeeded' ? Math.ceil(input.num_images / 2) : input.num_images;
		const pictures = Promise.all(
			Array.from({ length: delivered }, async (_, index) => await this.draw(input, index)),
		);
		pictures.catch(() => undefined);
		const run: SimulatedRun = {
			id: uuid7(createdAt),
			model,
			request,
			createdAt,
			endsAt: createdAt + (endsNow ? 0 : this.runTimeMs(input)),
			end,
			failure: isRefused ? refusedPrompt : isReadable ? notDelivered : unreadableInput,
			pictures,
		};
		this.runs.push(run);
		return run;
	}

	/** The picture that a run delivers as its image with that index. */
	async draw(input: RunRequest['input'], index: number): Promise<Buffer> {
		const { maskEdits, samePicture } = this.settings;
		const masked = await this.images.masked(input);
		if (!samePicture) return await this.drawAnew(input, index, masked);
		const size = sizeOf(input.image_size, this.settings);
		const kind = JSON.stringify([input.output_format, size, masked && maskEdits]);
		const picture = this.drawnOnce.get(kind) ?? this.drawAnew(input, index, masked);
		this.drawnOnce.set(kind, picture);
		return await picture;
	}

	private async drawAnew(
		input: RunRequest['input'],
		index: number,
		masked: Masked | null,
	): Promise<Buffer> {
		const size = sizeOf(input.image_size, this.settings);
		const drawn = await drawPicture(input, index, size, await this.images.thumbnail(input));
		if (masked === null) return drawn;
		return await maskedPicture(drawn, masked, size, input.output_format, this.settings);
	}

	/** The runs that have not ended. */
	pending(): SimulatedRun[] {
		const now = Date.now();
		return this.runs.filter(({ endsAt }) => endsAt > now);
	}

	/** How many runs were created within the last `milliseconds`. */
	createdWithin(milliseconds: number): number {
		const since = Date.now() - milliseconds;
		return this.runs.filter(({ createdAt }) => createdAt > since).length;
	}

	/** The run with that id, null if there is none. */
	find(id: string): SimulatedRun | null {
		return this.runs.find((run) => run.id === id) ?? null;
	}

	/** The status of a run at this moment. */
	statusOf(run: SimulatedRun): string {
		const progress = (Date.now() - run.createdAt) / Math.max(1, run.endsAt - run.createdAt);
		if (Date.now() >= run.endsAt) return run.end;
		if (progress < 0.1) return 'queued';
		return progress < 0.2 ? 'dispatching' : this.settings.runningStatus;
	}

	/** The run as `GET /v1/runs/{id}` answers it (RUN-G); `inline` returns the images as data URIs. */
	async view(run: SimulatedRun, inline = false): Promise<Record<string, unknown>> {
		const status = this.statusOf(run);
		const delivered = status === 'succeeded' || status === 'partial_succeeded';
		const ended = Date.now() >= run.endsAt;
		const failed = status === 'failed';
		const { input, metadata, client_ref, callback_url } = run.request;
		const pictures = delivered ? (await run.pictures).length : 0;
		const billed = failed && this.settings.billsFailures ? input.num_images : pictures;
		const size = sizeOf(input.image_size, this.settings);
		const free = ended && this.settings.namesFreeCost ? '0' : null;
		const hasOutput = inline || !input.sync_mode || this.settings.keepsSyncOutput;
		const view = {
			id: run.id,
			target_type: 'model',
			status_code: status,
			source_code: 'api',
			input: await this.images.shownInput(input),
			output: delivered && hasOutput ? await this.output(run, inline) : null,
			cost: billed > 0 ? priceOf(input, size, billed, this.settings).toFixed(3) : free,
			duration_ms: ended ? run.endsAt - run.createdAt : null,
			client_ref: client_ref ?? null,
			metadata: metadata ?? null,
			callback_url: callback_url ?? null,
			created_at: new Date(run.createdAt).toISOString(),
			started_at: status === 'queued' ? null : new Date(run.createdAt).toISOString(),
			completed_at: ended ? new Date(run.endsAt).toISOString() : null,
			failure_code: failed ? run.failure.code : null,
			failure_message: failed ? run.failure.message : null,
			failure_stage_code: failed ? run.failure.stage : null,
			links: {},
		};
		return asNamed(view, this.settings);
	}

	private async output(run: SimulatedRun, inline: boolean) {
		const pictures = await run.pictures;
		const { image_size, output_format } = run.request.input;
		const images = pictures.map((picture, index) => ({
			url: inline
				? `data:image/${output_format};base64,${picture.toString('base64')}`
				: this.images.fileUrl(run, index),
			...sizeOf(image_size, this.settings),
		}));
		return outputOf(images, this.settings);
	}

	/** How long a run takes, in milliseconds. */
	runTimeMs({ prompt, quality }: RunRequest['input']): number {
		const { runTime, speed } = this.settings;
		const timed = this.misbehaviour.take('time-run', prompt);
		if (timed !== null) return timed.milliseconds;
		if (runTime !== null) return runTime;
		const typicalMs = realisticTimesMs[quality] ?? 30_000;
		return (typicalMs * (0.8 + 0.4 * Math.random())) / speed;
	}
}
