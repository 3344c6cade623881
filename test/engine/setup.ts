import nock from 'nock';

/** Only nock answers the engine tests, and what one test set up never answers the next. */
beforeAll(() => nock.disableNetConnect());
afterEach(() => {
	nock.abortPendingRequests();
	nock.cleanAll();
});
afterAll(() => nock.restore());
