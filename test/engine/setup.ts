import nock from 'nock';

/** n8n's engine takes a while to load on a busy machine. */
jest.setTimeout(20_000);

/** Only nock answers the engine tests, and what one test set up never answers the next. */
beforeAll(() => nock.disableNetConnect());
afterEach(() => {
	nock.abortPendingRequests();
	nock.cleanAll();
});
afterAll(() => nock.restore());
