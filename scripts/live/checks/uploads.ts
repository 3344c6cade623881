import { breaks, differs, holds, holdsIf, type Check } from '../check';
import { NotTried } from '../notTried';
import { lifetimeOf } from '../lifetime';
import { assetUrl, upload, uploaded } from '../uploads';

/** A file is used again for half an hour after its upload. */
const usedForSeconds = 1800;

/** Files that are uploaded to be edited. */
export const uploadChecks: Check[] = [
	{
		id: 'upload',
		assumption:
			'An upload is announced (201), sent to a presigned URL without the key, and confirmed',
		source: 'UPLOAD, ADC',
		copes: 'Accepts any 2xx',
		decides: 'runflow/assets.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const { announced, assetId, confirmed, sentStatus } = await upload(stage, 'image');
			const statuses = [announced.status, sentStatus, confirmed?.status ?? null];
			const seen = statuses.map((status) => status ?? 'not reached').join(', ');
			const isDone = statuses.every((status) => status !== null && status < 300);
			if (assetId === null || !isDone) return breaks(seen);
			return holdsIf(announced.status === 201 && confirmed?.status === 201, seen);
		},
	},
	{
		id: 'upload-url',
		assumption: "The confirmation has the asset's URL",
		source: 'UPLOAD, ADC',
		copes: null,
		decides: 'runflow/assets.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const { confirmed, url } = await upload(stage, 'image');
			if (confirmed === null) throw new NotTried('no upload came so far');
			return url === null ? breaks('there is none') : holds(new URL(url).host);
		},
	},
	{
		id: 'asset-url-life',
		assumption:
			'The URL of an upload works for longer than the half hour for which it is used again',
		source: 'ADC, TPL',
		copes: 'Uploads a file again when Runflow refuses its URL',
		decides: 'nodes/GptImage2/runs/inputImages.ts',
		needs: 'nothing',
		attempt: async (stage) => {
			const seconds = lifetimeOf((await uploaded(stage, 'image')).url);
			if (seconds === null) throw new NotTried('the URL does not say how long it works');
			return holdsIf(seconds > usedForSeconds, `${seconds} s`);
		},
	},
	{
		id: 'asset-signed-anew',
		assumption: 'Each read of an asset signs its URL anew, and that URL works',
		source: 'UPLOAD, SDK',
		copes: 'Reads no asset: it uploads a file again when its URL has grown old',
		decides: 'nodes/GptImage2/runs/inputImages.ts',
		needs: 'nothing',
		attempt: async (stage, api) => {
			const { assetId } = await uploaded(stage, 'image');
			const first = await assetUrl(stage, assetId);
			await stage.pause();
			const second = await assetUrl(stage, assetId);
			if (first === second) return differs('the same URL twice');
			const { status } = await api.file(second);
			return holdsIf(status === 200, `another URL, answered with ${status}`);
		},
	},
];
