import { cases } from './disagreements';
import { expectEachRed } from './expectRed';

describe('a simulator that disagrees about answers and lists', () => {
	expectEachRed([...cases.answers, ...cases.lists]);
});
