import type { IDataObject } from 'n8n-workflow';

/** The query parameter that lets anyone resume an execution. */
const tokenParameter = 'signature';

/**
 * The path as n8n names it, `…-waiting/<execution>`, or as this node calls it: `…/<execution>/<node id>`.
 */
const resumePath = /-waiting\/|\/\d+\/[0-9a-f-]{36}$/;

/**
 * Returns the same json without n8n's resume token in any URL that wakes an execution, because anyone who
 * sees the output could resume the execution with it. Other signed URLs, such as those of images, are
 * unchanged.
 */
export function withoutResumeTokens(json: IDataObject): IDataObject {
	return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, clean(value, key)]));
}

function clean(value: IDataObject[string], key: string): IDataObject[string] {
	if (typeof value === 'string') return withoutToken(value, key);
	if (Array.isArray(value)) return value.map((entry) => clean(entry, key)) as IDataObject[];
	if (typeof value !== 'object' || value === null) return value;
	return withoutResumeTokens({ ...value } as IDataObject);
}

function withoutToken(text: string, key: string): string {
	if (!text.includes(`${tokenParameter}=`) || !URL.canParse(text)) return text;
	const url = new URL(text);
	const wakes = resumePath.test(url.pathname) || /callback/i.test(key);
	if (!wakes || !url.searchParams.has(tokenParameter)) return text;
	url.searchParams.delete(tokenParameter);
	return url.toString();
}
