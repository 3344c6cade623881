import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod/v3';

import { webhookPaths } from '../../scripts/n8n/proxy';
import { queueSettings } from '../../scripts/n8n/queueSettings';
import { newestVersion } from '../../scripts/n8n/version';

const root = join(__dirname, '..', '..');
const textOf = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const deployed = (name: string) => textOf('deploy', 'queue-mode', name);

const serviceSchema = z.object({
	image: z.string(),
	command: z.string().optional(),
	environment: z.record(z.string()).default({}),
});
const composeSchema = z.object({ services: z.record(serviceSchema) });

const compose = composeSchema.parse(parse(deployed('compose.yml'), { merge: true }));
const { main, webhook, worker } = compose.services;
const settings = queueSettings({ redis: 6379, postgres: 5432 });

/** Settings that depend on where a process runs, or that are secret. */
const differs = /_HOST$|_PORT$|_USER$|_DATABASE$|^N8N_ENCRYPTION_KEY$/;

describe('the compose file of queue mode', () => {
	it('has the same parts as the n8n that the tests of queue mode start', () => {
		expect(Object.keys(compose.services).sort()).toEqual(
			['main', 'postgres', 'proxy', 'redis', 'webhook', 'worker'].sort(),
		);
		expect([main, webhook, worker].map((service) => service?.command?.split(' ')[0])).toEqual([
			'start',
			'webhook',
			'worker',
		]);
	});

	it.each([
		['main', main],
		['webhook', webhook],
		['worker', worker],
	])('gives %s every setting that those tests use', (_name, service) => {
		expect(Object.keys(service?.environment ?? {})).toEqual(
			expect.arrayContaining([...Object.keys(settings), 'N8N_WEBHOOK_URL']),
		);
		const alike = Object.entries(settings).filter(([name]) => !differs.test(name));
		expect(alike.length).toBeGreaterThan(3);
		expect(service?.environment).toMatchObject(Object.fromEntries(alike));
	});

	it('installs the package by name in one image for all three', () => {
		const images = [main, webhook, worker].map((service) => service?.image);
		expect(new Set(images).size).toBe(1);
		expect(deployed('Dockerfile')).toContain('n8n-nodes-runflow@');
		expect(deployed('Dockerfile')).toContain('/home/node/.n8n/nodes');
	});

	it('starts the n8n that the tests run on', () => {
		expect(deployed('Dockerfile')).toContain(`ARG N8N_VERSION=${newestVersion}\n`);
		expect(deployed('compose.yml')).toContain(`\${N8N_VERSION:-${newestVersion}}`);
		expect(deployed('.env.example')).toContain(`N8N_VERSION=${newestVersion}\n`);
	});

	it('asks for no variable that .env.example lacks', () => {
		const asked = deployed('compose.yml').matchAll(/\$\{(\w+)/g);
		const offered = [...deployed('.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
		expect([...new Set([...asked].map(([, name]) => name))].sort()).toEqual(offered.sort());
	});
});

describe('the routes of queue mode', () => {
	it("are the same in Caddy's file and in the proxy of the tests", () => {
		const [, paths = ''] = /@webhooks path (.*)/.exec(deployed('Caddyfile')) ?? [];
		expect(paths.split(' ')).toEqual(webhookPaths.map((path) => `${path}*`));
	});

	it.each(webhookPaths)('say in the docs where %s goes', (path) => {
		expect(textOf('docs', 'queue-mode.md')).toContain(`\`${path}\``);
	});
});
