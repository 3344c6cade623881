/** IP ranges that can't be reached from outside a machine or its network. */
const privateAddresses = [
	/^0\./,
	/^10\./,
	/^127\./,
	/^169\.254\./,
	/^172\.(1[6-9]|2\d|3[01])\./,
	/^192\.168\./,
	/^198\.1[89]\./,
	/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
	/^\[::/,
	/^\[64:ff9b:/,
	/^\[f[cd]/,
	/^\[fe[89a-f]/,
];

const privateNames = /(^|\.)(localhost|local|internal|lan|home\.arpa)$/;

/** Why Runflow can't call a URL. */
type Unreachable = 'not-http' | 'private';

/**
 * Why Runflow can't call this URL, judged by the URL alone: it must be http or https, and not on localhost,
 * a private IP range, or a name without a dot, such as a container's. Null if nothing rules it out. If the
 * API itself is private, like the simulator, private URLs are fine.
 */
export function unreachable(url: string, apiBaseUrl: string): Unreachable | null {
	if (!URL.canParse(url)) return 'not-http';
	const { hostname, protocol } = new URL(url);
	if (protocol !== 'https:' && protocol !== 'http:') return 'not-http';
	if (!isPrivate(hostname)) return null;
	const apiIsPrivate = URL.canParse(apiBaseUrl) && isPrivate(new URL(apiBaseUrl).hostname);
	return apiIsPrivate ? null : 'private';
}

function isPrivate(host: string): boolean {
	const hostname = host.replace(/\.$/, '');
	const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
	if (isAddress) return privateAddresses.some((range) => range.test(hostname));
	return !hostname.includes('.') || privateNames.test(hostname);
}
