import type { SimulatedRun } from '../../simulator/store';

/** So long that no test sees the end of it, in milliseconds. */
export const endlessMs = 1e9;

/** One run of the counting API; what a test sets is what the simulator says of it from then on. */
export class CountedRun {
	/** Why it failed, as the API says it. */
	failure: object = {};
	private shownInput: Record<string, unknown> | null = null;

	constructor(
		private readonly run: SimulatedRun,
		readonly key: string,
	) {}

	get id(): string {
		return this.run.id;
	}
	set id(id: string) {
		this.run.id = id;
	}

	get prompt(): string {
		return this.run.request.input.prompt;
	}

	get clientRef(): string {
		return this.run.request.client_ref ?? '';
	}
	set clientRef(clientRef: string) {
		this.run.request.client_ref = clientRef;
	}

	get callbackUrl(): string | null {
		return this.run.request.callback_url ?? null;
	}

	get input(): Record<string, unknown> {
		return this.shownInput ?? this.run.request.input;
	}
	set input(input: Record<string, unknown>) {
		this.shownInput = input;
	}

	get createdAt(): string {
		return new Date(this.run.createdAt).toISOString();
	}
	set createdAt(moment: string) {
		this.run.createdAt = Date.parse(moment);
	}

	get status(): string {
		return this.run.endsAt > Date.now() ? 'running' : this.run.end;
	}
	set status(status: string) {
		this.run.end = status;
		this.run.endsAt = Date.now() + (status === 'running' ? endlessMs : 0);
	}

	/** How many images it has. */
	set images(count: number) {
		this.run.pictures = Promise.resolve(Array.from({ length: count }, () => Buffer.alloc(0)));
	}

	/** The simulator's view of the run, with what a test has set beside it. */
	shown(view: Record<string, unknown>) {
		const { status } = this;
		return {
			...view,
			...(status === 'running' && { status_code: status }),
			...(this.shownInput !== null && view.input != null && { input: this.shownInput }),
			...this.failure,
		};
	}
}
