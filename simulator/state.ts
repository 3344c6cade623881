import type { Callbacks } from './callbacks';
import type { Misbehaviour, Settings } from './options';
import type { RunStore } from './store';

/** One uploaded file; `bytes` is null until they have arrived. */
export interface SimulatedAsset {
	id: string;
	mimeType: string;
	size: number;
	bytes: Buffer | null;
	confirmed: boolean;
}

/** What the routes share. */
export interface SimulatorState {
	settings: Settings;
	misbehaviour: Misbehaviour;
	store: RunStore;
	/** How often each route was called, such as `GET /v1/runs/:id`. */
	requests: Record<string, number>;
	callbacks: Callbacks;
	assets: SimulatedAsset[];
	/** The URL at which the simulator listens. */
	baseUrl: () => string;
}
