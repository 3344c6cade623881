/** Addresses of pages that show an image, by the service, and how to get at the image itself. */
const services: ReadonlyArray<readonly [service: string, page: RegExp, advice: string]> = [
	[
		'Google Drive',
		/^https?:\/\/(drive\.google\.com(:\d+)?\/(?!([au]\/[^/]+\/)?(uc|thumbnail)\b)|docs\.google\.com(:\d+)?\/(file\/|open\?))/i,
		"Download the file with n8n's Google Drive node and choose 'Binary Data' as 'Input Source'.",
	],
	[
		'Google Photos',
		/^https?:\/\/photos\.(google\.com|app\.goo\.gl)\//i,
		"Download the picture first and choose 'Binary Data' as 'Input Source'.",
	],
	[
		'Dropbox',
		/^https?:\/\/(db\.tt|(www\.)?dropbox\.com(:\d+)?\/(home|sh?|scl\/f[io]))\/(?!.*[?&](dl|raw)=1)/i,
		"Put dl=1 at the end of the link in place of dl=0, or download the file with n8n's Dropbox node and choose 'Binary Data' as 'Input Source'.",
	],
	[
		'OneDrive',
		/^https?:\/\/(1drv\.ms\/|onedrive\.live\.com\/|[\w-]+\.sharepoint\.com(:\d+)?\/(:i:|.*AllItems\.aspx))/i,
		"Download the file with n8n's Microsoft OneDrive node and choose 'Binary Data' as 'Input Source'.",
	],
];

/** The service whose page an address leads to in place of an image, and what to do; null for any other address. */
export function sharePageOf(url: string): { service: string; advice: string } | null {
	const found = services.find(([, page]) => page.test(url));
	if (found === undefined) return null;
	const [service, , advice] = found;
	return { service, advice };
}
