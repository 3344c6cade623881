import { cases } from './disagreements';
import { expectEachRed } from './expectRed';

describe('a simulator that disagrees about runs and their price', () => {
	expectEachRed([...cases.runs, ...cases.money]);
});
