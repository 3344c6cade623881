import { sharePageOf } from '../../nodes/GptImage2/parameters/sharePage';

describe('a link to a page that shows an image', () => {
	it.each([
		['https://drive.google.com/file/d/1AbC/view?usp=sharing', 'Google Drive'],
		['https://drive.google.com/open?id=1AbC', 'Google Drive'],
		['https://drive.google.com:443/file/d/1AbC/view', 'Google Drive'],
		['https://drive.google.com/file/u/0/d/1AbC/view', 'Google Drive'],
		['https://drive.google.com/u/1/open?id=1AbC', 'Google Drive'],
		['https://drive.google.com/drive/folders/1AbC', 'Google Drive'],
		['https://photos.app.goo.gl/AbC', 'Google Photos'],
		['https://www.dropbox.com/s/abc/a.png?dl=0', 'Dropbox'],
		['https://www.dropbox.com/scl/fi/abc/a.png?rlkey=x&dl=0', 'Dropbox'],
		['https://www.dropbox.com/sh/abc/def?dl=0', 'Dropbox'],
		['https://www.dropbox.com/scl/fo/abc/def?rlkey=x', 'Dropbox'],
		['https://db.tt/abc', 'Dropbox'],
		['https://1drv.ms/i/s!AbC', 'OneDrive'],
		['https://onedrive.live.com/?id=AbC', 'OneDrive'],
		['https://contoso.sharepoint.com/:i:/s/AbC', 'OneDrive'],
		['https://contoso.sharepoint.com/sites/a/Forms/AllItems.aspx?id=a.png', 'OneDrive'],
	])('is told from the image: %s', (url, service) => {
		expect(sharePageOf(url)?.service).toBe(service);
	});

	it.each([
		'https://www.dropbox.com/scl/fi/abc/a.png?rlkey=x&dl=1',
		'https://dl.dropboxusercontent.com/s/abc/a.png',
		'https://drive.google.com/uc?export=download&id=1AbC',
		'https://drive.google.com/thumbnail?id=1AbC&sz=w2000',
		'https://drive.google.com/u/0/uc?id=1AbC',
		'https://lh3.googleusercontent.com/a.png',
		'https://res.cloudinary.com/demo/image/upload/w_400,h_300/a.png',
		'https://example.com/drive.google.com/file/d/x.png',
		'runflow://assets/1',
		'data:image/png;base64,aGk=',
	])('is no page: %s', (url) => {
		expect(sharePageOf(url)).toBeNull();
	});
});
