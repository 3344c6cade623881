import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { filesIn, readHouse, rooms } from '../../scripts/house';

const importing = (path: string) => `import { files } from '${path}'; export const it = files;`;

/** A house in which one file, at least, breaks each rule. */
const brokenHouse: Readonly<Record<string, string>> = {
	'tsconfig.json': '{}',
	'bench/main.ts': 'export const bench = 1;',
	'credentials/RunflowApi.credentials.ts': "import 'node:fs';",
	'nodes/GptImage2/attic/old.ts': 'export const files = 1;',
	'nodes/GptImage2/files.ts': 'export const files = 1;',
	'nodes/GptImage2/GptImage2.node.ts': `${importing('./files')} ${importing('./attic/old')}`,
	'runflow/client.ts': importing('../nodes/GptImage2/files'),
	'runflow/run.ts': "import type { Status } from './status'; export type Run = Status[];",
	'runflow/status.ts': "import type { Run } from './run'; export type Status = Run | 1;",
	'scripts/demo.ts': "import './gone';",
	'simulator/main.ts': importing('../nodes/GptImage2/files'),
};

/** What breaks a rule in a house of these files. */
function violationsIn(files: Readonly<Record<string, string>>): string[] {
	const root = mkdtempSync(join(tmpdir(), 'n8n-runflow-house-'));
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
	try {
		return readHouse(root).violations.sort();
	} finally {
		rmSync(root, { recursive: true });
	}
}

describe('the house', () => {
	const house = readHouse();

	it('breaks none of its rules', () => {
		expect(house.violations).toEqual([]);
	});

	it.each(rooms)('has files in $name', (room) => {
		expect(filesIn(house, room)).not.toEqual([]);
	});
});

describe('the rules of the house', () => {
	it('forbid what each of them is for, and nothing else', () => {
		expect(violationsIn(brokenHouse)).toEqual([
			'no circles: runflow/run.ts → runflow/status.ts',
			'no file outside the rooms: nodes/GptImage2/GptImage2.node.ts → nodes/GptImage2/attic/old.ts',
			'no file that nothing imports and that imports nothing: bench/main.ts → bench/main.ts',
			'no import from above runflow: runflow/client.ts → nodes/GptImage2/files.ts',
			'no import that leads nowhere: scripts/demo.ts → ./gone',
			'no n8n in the Runflow API: runflow/client.ts → nodes/GptImage2/files.ts',
			'nothing at run time that n8n does not offer: credentials/RunflowApi.credentials.ts → fs',
		]);
	});
});
