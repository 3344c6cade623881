'use strict';

const { join } = require('node:path');

const { projects } = require('../../jest.config.js');

const rootDir = join(__dirname, '..', '..');

module.exports = {
	rootDir,
	testSequencer: join(__dirname, 'inOrder.cjs'),
	projects: projects
		.filter(({ displayName }) => ['unit', 'engine'].includes(displayName))
		.map((project) => ({
			...project,
			rootDir,
			testEnvironment: join(__dirname, 'stopAtFailure.cjs'),
		})),
};
