import type { AssetStore } from './assets';
import type { Callbacks } from './callbacks';
import type { Misbehaviour, Settings } from './options';
import type { SignedUrls } from './signedUrls';
import type { RunStore } from './store';

/** What the routes share. */
export interface SimulatorState {
	settings: Settings;
	misbehaviour: Misbehaviour;
	store: RunStore;
	/** How often each route was called, such as `GET /v1/runs/:id`. */
	requests: Record<string, number>;
	callbacks: Callbacks;
	assets: AssetStore;
	urls: SignedUrls;
}
