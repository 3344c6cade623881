'use strict';

const swc = [
	'@swc/jest',
	{ jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } },
];
const transform = { '^.+\\.ts$': swc };

/** Injecting requests into the simulator needs a package that has ES modules only. */
const injecting = {
	transform: { ...transform, '/node_modules/cookie/.+\\.js$': swc },
	transformIgnorePatterns: ['/node_modules/(?!cookie/)'],
};

/** One project for each layer of the tests, so that each can run alone. */
const project = (name, more = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	transform,
	...more,
});

/** One n8n with the packed package, for all test files of a project. */
const oneN8n = {
	globalSetup: '<rootDir>/test/e2e/globalSetup.ts',
	globalTeardown: '<rootDir>/test/e2e/globalTeardown.ts',
};

/** The packed package, for tests that start every n8n of their own. */
const packed = { globalSetup: '<rootDir>/test/e2e/restarts/globalSetup.ts' };

/** The unit tests of what parses with zod. */
const parsing =
	'{callback,client,createRun,fields,input,items,keptImages,matching,reading,run,runEntry,sameInput,undelivered,values}';

module.exports = {
	projects: [
		project('unit', { testPathIgnorePatterns: ['/firstContact/'] }),
		// Whole trials of an API against simulators, each seconds long.
		project('live', { testMatch: ['<rootDir>/test/unit/firstContact/*.test.ts'] }),
		// A later n8n may bring zod 4, whose 'v3' is the API that the package uses.
		project('unit-zod4', {
			testMatch: [`<rootDir>/test/unit/${parsing}.test.ts`],
			moduleNameMapper: { '^zod/v3$': 'zod-4/v3' },
		}),
		project('engine', {
			...injecting,
			setupFilesAfterEnv: ['<rootDir>/test/engine/setup.ts'],
		}),
		project('package'),
		project('e2e', { ...oneN8n, testMatch: ['<rootDir>/test/e2e/*.test.ts'] }),
		project('restarts', { ...packed, testMatch: ['<rootDir>/test/e2e/restarts/*.test.ts'] }),
		project('browser', oneN8n),
		project('queue', packed),
	],
};
