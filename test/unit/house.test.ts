import { join } from 'node:path';

import {
	circles,
	packagesOf,
	readImports,
	roomOf,
	rooms,
	upwardImports,
} from '../../scripts/house';

const root = join(__dirname, '..', '..');
const imports = readImports(root);
const filesIn = (room: string) => [...imports.keys()].filter((file) => roomOf(file) === room);

describe('the house', () => {
	it.each(rooms)('has files in %s', (room) => {
		expect(filesIn(room)).not.toEqual([]);
	});

	it('has no file outside its rooms', () => {
		expect([...imports.keys()].filter((file) => !rooms.includes(roomOf(file)))).toEqual([]);
	});

	it('has no import from a higher room', () => {
		expect(upwardImports(imports)).toEqual([]);
	});

	it('has no files that import each other', () => {
		expect(circles(imports)).toEqual([]);
	});

	it('keeps n8n out of the Runflow API', () => {
		const packages = new Set(filesIn('runflow').flatMap((file) => packagesOf(root, file)));
		expect([...packages].sort()).toEqual(['node:crypto', 'zod/v3']);
	});

	it('imports nothing at run time that n8n does not offer', () => {
		const shipped = [...imports.keys()].filter((file) =>
			/^(credentials|nodes|runflow)\//.test(file),
		);
		const packages = new Set(shipped.flatMap((file) => packagesOf(root, file)));
		expect([...packages].sort()).toEqual(['n8n-workflow', 'node:crypto', 'zod/v3']);
	});
});

describe('the check of imports', () => {
	const house = new Map([
		['runflow/client.ts', new Set(['nodes/GptImage2/files.ts'])],
		['nodes/GptImage2/files.ts', new Set(['runflow/client.ts'])],
		['nodes/GptImage2/GptImage2.node.ts', new Set(['nodes/GptImage2/files.ts'])],
	]);

	it('sees an import that goes up', () => {
		expect(upwardImports(house)).toEqual([
			{ from: 'runflow/client.ts', to: 'nodes/GptImage2/files.ts' },
		]);
	});

	it('sees files that import each other', () => {
		expect(circles(house)).toEqual([['nodes/GptImage2/files.ts', 'runflow/client.ts']]);
	});
});
