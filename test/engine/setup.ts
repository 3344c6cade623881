import nock from 'nock';

/** The first test of a file loads n8n's engine, for which a busy machine without caches needs most of a minute. */
jest.setTimeout(60_000);

/** Only nock answers the engine tests, and what one test set up never answers the next. */
beforeAll(() => nock.disableNetConnect());
afterEach(() => {
	nock.abortPendingRequests();
	nock.cleanAll();
});
afterAll(() => nock.restore());
