import { cases } from './disagreements';
import { expectEachRed } from './expectRed';

describe('a simulator that disagrees about pictures, uploads and callbacks', () => {
	expectEachRed([...cases.pictures, ...cases.uploads, ...cases.callbacks]);
});
