import { unreachable } from '../../runflow/reachable';

const api = 'https://api.runflow.io';

describe('a URL that Runflow is to call', () => {
	it.each([
		'https://n8n.example.com/webhook/1',
		'http://n8n.example.com:5678/',
		'https://8.8.8.8/',
		'https://172.32.0.1/',
		'https://[2001:db8::1]/',
		'https://198.20.0.1/',
		'https://n8n.example.com./',
	])('%s can be called', (url) => {
		expect(unreachable(url, api)).toBeNull();
	});

	it.each([
		'http://localhost:5678/',
		'http://n8n.localhost/',
		'http://localhost.:5678/',
		'http://printer.local./',
		'http://n8n./',
		'http://127.0.0.1:5678/',
		'http://2130706433/',
		'http://0.0.0.0/',
		'http://10.1.2.3/',
		'http://172.16.0.1/',
		'http://172.31.255.1/',
		'http://192.168.1.5/',
		'http://169.254.169.254/',
		'http://100.64.0.1/',
		'http://[::1]/',
		'http://[::ffff:127.0.0.1]/',
		'http://[fd00::1]/',
		'http://[fe80::1]/',
		'http://[fec0::1]/',
		'http://[::127.0.0.1]/',
		'http://[64:ff9b::7f00:1]/',
		'http://198.18.0.1/',
		'http://198.19.255.1/',
		'http://localhost./',
		'http://n8n.internal./',
		'http://127.0.0.1./',
		'http://n8n./',
		'http://n8n:5678/',
		'http://printer.local/',
		'http://host.docker.internal/',
	])('%s cannot be called', (url) => {
		expect(unreachable(url, api)).toBe('private');
		expect(unreachable(url, 'http://127.0.0.1:4000')).toBeNull();
	});

	it.each(['ftp://example.com/', 'n8n.example.com/webhook', '', 'javascript:alert(1)'])(
		'%j is not a web URL',
		(url) => {
			expect(unreachable(url, api)).toBe('not-http');
		},
	);
});
