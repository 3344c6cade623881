'use strict';

// The rooms of the house, top floor first: a file imports from its own room and from rooms below it.
const rooms = require('./scripts/rooms.json');
const anyRoom = rooms.map(({ files }) => files);

const upward = rooms.slice(1).map(({ name, files }, index) => ({
	name: `no import from above ${name}`,
	severity: 'error',
	from: { path: files },
	to: { path: anyRoom.slice(0, index + 1) },
}));

const zod = '^node_modules/zod/v3/';
const n8nWorkflow = '^node_modules/n8n-workflow/';

module.exports = {
	forbidden: [
		...upward,
		{
			name: 'no circles',
			severity: 'error',
			from: {},
			to: { circular: true },
		},
		{
			name: 'no n8n in the Runflow API',
			severity: 'error',
			from: { path: '^runflow/' },
			to: { pathNot: ['^runflow/', zod, '^crypto$'] },
		},
		{
			name: 'nothing at run time that n8n does not offer',
			severity: 'error',
			from: { path: '^(credentials|nodes|runflow)/' },
			to: { pathNot: ['^(credentials|nodes|runflow)/', n8nWorkflow, zod, '^crypto$'] },
		},
		{
			name: 'no file outside the rooms',
			severity: 'error',
			from: {},
			to: {
				path: '^(bench|credentials|nodes|runflow|scripts|simulator)/.*(?<!\\.json)$',
				pathNot: anyRoom,
			},
		},
		{
			name: 'no file that nothing imports and that imports nothing',
			severity: 'error',
			from: { orphan: true },
			to: {},
		},
		{
			name: 'no import that leads nowhere',
			severity: 'error',
			from: {},
			to: { couldNotResolve: true },
		},
	],
	options: {
		doNotFollow: { path: '^(node_modules|test)/' },
		tsConfig: { fileName: 'tsconfig.json' },
		// Types count as well: they are what a reader has to know.
		tsPreCompilationDeps: true,
	},
};
