import { ofCallbacks, ofPictures, ofUploads } from './disagreementsOfTransfers';
import type { Case } from './trial';

const ofAnswers: Case[] = [
	{
		name: 'a key that may not list',
		settings: { scopes: ['runs:create'] },
		red: 'key',
		breaks: true,
	},
	{
		name: 'a wrong key gets 403',
		settings: { errorStatuses: { 401: 403 } },
		red: 'error-401',
		breaks: true,
	},
	{ name: 'a nested 401', settings: { errorShapes: { 401: 'nested' } }, red: 'error-401' },
	{
		name: 'a missing run gets 400',
		settings: { errorStatuses: { 404: 400 } },
		red: 'error-404',
		breaks: true,
	},
	{ name: 'a nested 404', settings: { errorShapes: { 404: 'nested' } }, red: 'error-404' },
	{ name: 'a bad input gets 400', settings: { errorStatuses: { 422: 400 } }, red: 'error-422' },
	{ name: 'a 422 with detail', settings: { errorShapes: { 422: 'detail' } }, red: 'error-422' },
	{ name: 'other names of scopes', settings: { scopeSeparator: '.' }, red: 'scopes' },
	{ name: 'a balance as text', settings: { balanceAs: 'text' }, red: 'balance' },
	{ name: 'a balance elsewhere', settings: { balanceAs: 'elsewhere' }, red: 'balance' },
	{ name: 'headers about rates', settings: { hasRateHeaders: true }, red: 'rate-headers' },
	{
		name: 'another status of a run',
		settings: { runningStatus: 'processing', runTime: 2000 },
		red: 'status-words',
	},
	{ name: 'an unknown status', settings: { moreStatuses: ['archived'] }, red: 'statuses' },
	{ name: 'canceled with one l', settings: { cancelledAs: 'canceled' }, red: 'cancelled-spelling' },
];

const ofLists: Case[] = [
	{ name: 'runs under another key', settings: { listKey: 'runs' }, red: 'list', breaks: true },
	{ name: 'the oldest first', settings: { sortsLists: false }, red: 'list-order', breaks: true },
	{ name: 'next_pq', settings: { pagingKey: 'next_pq' }, red: 'list-paging' },
	{ name: 'a next page by URL', settings: { nextPage: 'url' }, red: 'list-paging' },
	{
		name: 'the same page again',
		settings: { pagesRepeat: true },
		red: 'list-paging',
		breaks: true,
	},
	{ name: 'one run a page', settings: { pageSize: 1 }, red: 'list-limit' },
	{ name: 'three runs a page', settings: { pageSize: 3 }, red: 'list-limit' },
	{ name: 'a limit of 200', settings: { largestLimit: 200 }, red: 'list-limit', breaks: true },
	{
		name: 'long pages that are cut',
		settings: { mostOfLongPages: 3 },
		red: 'list-limit',
		breaks: true,
	},
	{ name: 'ignored fields', settings: { listFields: 'ignored' }, red: 'list-fields' },
	{ name: 'refused fields', settings: { listFields: 'refused' }, red: 'list-fields' },
	{ name: 'lists without output', settings: { unlistedFields: ['output'] }, red: 'list-content' },
	{ name: 'an ignored filter', settings: { listFilter: 'ignored' }, red: 'filter-exact' },
	{
		name: 'a refused filter',
		settings: { listFilter: 'refused' },
		red: 'filter-exact',
		breaks: true,
	},
	{ name: 'exact filters only', settings: { exactFiltersOnly: true }, red: 'filter-grammar' },
	{ name: 'lists that are behind', settings: { unlistedFor: 1000 }, red: 'list-lag' },
	{ name: 'reads that are behind', settings: { unknownFor: 1000 }, red: 'read-lag' },
];

const ofRuns: Case[] = [
	{ name: 'a create with 200', settings: { createdStatus: 200 }, red: 'create' },
	{ name: 'run_id and status', settings: { createdNames: 'short' }, red: 'create' },
	{
		name: 'a first run that fails',
		rule: { do: 'end-run', status: 'failed', match: 'the sign of a caf', times: 0 },
		red: 'create',
		breaks: true,
	},
	{
		name: 'no create at all',
		rule: { do: 'refuse-create', status: 400, match: 'the sign of a caf', times: 0 },
		red: 'create',
		breaks: true,
	},
	{ name: 'names of the SDK', settings: { runNames: 'sdk' }, red: 'run-names' },
	{ name: 'images[]', settings: { outputShape: 'images' }, red: 'output' },
	{ name: 'image_urls[]', settings: { outputShape: 'image_urls' }, red: 'output' },
	{ name: 'pictures without pixels', settings: { hasImageSizes: false }, red: 'output-item' },
	{ name: 'trimmed texts', settings: { plainTexts: true }, red: 'input-text' },
	{ name: 'numbers as text', settings: { numbersAsText: true }, red: 'input-numbers' },
	{ name: 'no defaults', settings: { omitsDefaults: true }, red: 'input-defaults' },
	{ name: 'more fields', settings: { addsFields: true }, red: 'input-more' },
	{ name: 'references to uploads', settings: { showsReferences: true }, red: 'input-urls' },
	{ name: 'kept data URIs', settings: { keepsDataUris: true }, red: 'input-data-uri' },
	{ name: 'no client_ref', settings: { showsClientRef: false }, red: 'client-ref', breaks: true },
	{ name: 'metadata as text', settings: { keepsMetadata: false }, red: 'metadata' },
	{ name: 'an error in place of failure_code', settings: { failureNames: 'sdk' }, red: 'failure' },
];

const ofMoney: Case[] = [
	{ name: 'ignored keys', settings: { idempotency: false }, red: 'replay' },
	{ name: 'a conflict for a replay', settings: { replayAnswer: 'conflict' }, red: 'replay' },
	{
		name: 'the first run for another body',
		settings: { refusesOtherBody: false },
		red: 'replay-other-body',
	},
	{ name: 'a cost as number', settings: { costAs: 'number' }, red: 'cost' },
	{ name: 'a flat price', settings: { prices: 'flat' }, red: 'price-low' },
	{ name: 'another price', settings: { highPrice: 0.2 }, red: 'price-by-quality' },
	{ name: 'a price by size', settings: { priceGrowsWithSize: true }, red: 'price-by-size' },
	{ name: 'billed failures', settings: { billsFailures: true }, red: 'failures-free' },
];

/** Every way in which the simulator disagrees, by what it is about. */
export const cases = {
	answers: ofAnswers,
	lists: ofLists,
	runs: ofRuns,
	money: ofMoney,
	pictures: ofPictures,
	uploads: ofUploads,
	callbacks: ofCallbacks,
} satisfies Record<string, Case[]>;
