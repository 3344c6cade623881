'use strict';

const { relative } = require('node:path');

const { TestEnvironment } = require('jest-environment-node');

/** Ends the process at the first test that fails, and says which: one is enough to kill a mutant. */
module.exports = class extends TestEnvironment {
	constructor(config, context) {
		super(config, context);
		this.file = relative(config.projectConfig.rootDir, context.testPath);
	}

	handleTestEvent({ name, test }) {
		if (name !== 'test_done' || test.errors.length === 0) return;
		process.stdout.write(`failed: ${this.file}: ${test.name}\n`, () => process.exit(1));
	}
};
