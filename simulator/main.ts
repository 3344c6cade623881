import { parseArgs } from 'node:util';

import { startSimulator } from './simulator';

const { values } = parseArgs({
	options: {
		port: { type: 'string', default: '0' },
		speed: { type: 'string', default: '1' },
		'run-time': { type: 'string' },
	},
});

void startSimulator(
	{
		speed: Number(values.speed),
		...(values['run-time'] && { runTime: Number(values['run-time']) }),
	},
	Number(values.port),
).then(
	({ url }) => process.stdout.write(`${JSON.stringify({ url })}\n`),
	(error: Error) => {
		process.stderr.write(`The simulator can't start: ${error.message}\n`);
		process.exitCode = 1;
	},
);
