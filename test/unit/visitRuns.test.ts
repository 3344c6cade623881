import { visitRuns } from '../../nodes/GptImage2/operations/run/getMany';
import { everyRun } from '../../runflow/filter';
import { queuedRun } from '../fixtures/answers';
import { answer, scripted } from './scriptedClient';

const page = (ids: string[], next: string | null) =>
	answer(200, { items: ids.map((id) => ({ ...queuedRun, id })), next });

describe('visiting runs', () => {
	it('shows a whole page before the next is read, so that none has to be kept', async () => {
		const { client, asked } = scripted(page(['a', 'b'], 'two'), page(['b', 'c'], null));
		const seen: string[] = [];
		const wanted = { filter: everyRun, limit: Infinity, detail: 'usual' } as const;
		await visitRuns(client, wanted, ({ id }) => void seen.push(`${id}${asked.length}`));
		expect(seen).toEqual(['a1', 'b1', 'c2']);
	});

	it('ends with the last run that is wanted', async () => {
		const { client } = scripted(page(['a', 'b', 'c'], 'two'));
		const seen: string[] = [];
		const wanted = { filter: everyRun, limit: 2, detail: 'usual' } as const;
		await visitRuns(client, wanted, ({ id }) => void seen.push(id));
		expect(seen).toEqual(['a', 'b']);
	});
});
