'use strict';

const { writeFileSync } = require('node:fs');

// Started with `--expose-gc`, n8n says how much of its heap is in use whenever it gets this signal.
process.on('SIGUSR2', () => {
	globalThis.gc();
	writeFileSync(process.env.BENCH_HEAP_FILE, String(process.memoryUsage().heapUsed));
});
