'use strict';

const { dest, src } = require('gulp');

/** Copies what the compiler leaves behind (icons and codex files) to the same place in dist. */
function assets() {
	const files = ['{nodes,credentials}/**/*.svg', 'nodes/**/*.node.json'];
	return src(files, { base: '.', encoding: false }).pipe(dest('dist'));
}

exports.assets = assets;
exports.default = assets;
