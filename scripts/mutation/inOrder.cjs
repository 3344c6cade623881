'use strict';

const { default: Sequencer } = require('@jest/test-sequencer');

/** Runs the test files in the order of TEST_ORDER, those that it doesn't name last. */
module.exports = class extends Sequencer {
	sort(tests) {
		const order = (process.env.TEST_ORDER ?? '').split(',');
		const place = ({ path }) => order.findIndex((name) => path.endsWith(name)) >>> 0;
		return [...tests].sort((one, other) => place(one) - place(other));
	}
};
