'use strict';

const { dest, src } = require('gulp');

/** Copies what the compiler leaves behind (icons and codex files) to the same place in dist. */
function assets() {
	return src(['{nodes,credentials}/**/*.{svg,png}', 'nodes/**/*.node.json'], { encoding: false }).pipe(
		dest('dist'),
	);
}

exports.assets = assets;
exports.default = assets;
