import { z } from 'zod/v3';

import type { Settings } from './options';

/** The fields of a run that `fields` may ask for (RUN-C, RUN-L). */
const runFields: ReadonlySet<string> = new Set(
	`id flow_id model_id comfyui_workflow_id target_type target_version org_id status_code source_code
	input output context duration_ms cost cost_breakdown nodes_total nodes_completed resolved_template_id
	batch_id client_ref jurisdiction_code flow_version_id request_id created_by created_at started_at
	completed_at callback_url metadata has_logs has_node_runs links failure_code failure_message
	failure_stage_code node_runs logs flow feedback_is_positive feedback_reason source_chat_message_id
	current_evaluation_summary`.split(/\s+/),
);

const names = z
	.string()
	.transform((text) => text.split(',').map((name) => name.trim()))
	.refine((list) => list.every((name) => runFields.has(name)), 'Unknown field');

/** The query of `GET /v1/runs` (REQ, RUN-L, TPL), as the settings have it. */
export const listQuerySchemaFor = ({ largestLimit, listFields }: Settings) =>
	z.object({
		limit: z.coerce.number().int().min(1).max(largestLimit).default(50),
		pq: z.string().optional(),
		q: z.string().optional(),
		sort_by: z.enum(['created_at:asc', 'created_at:desc']).default('created_at:desc'),
		fields: {
			followed: names.optional(),
			ignored: z
				.string()
				.optional()
				.transform(() => undefined),
			refused: z.undefined(),
		}[listFields],
	});

/** A run with its id and the fields that were asked for, all where none were, but for those that no list has. */
export function project(
	run: Record<string, unknown>,
	fields: string[] | undefined,
	unlisted: string[],
): Record<string, unknown> {
	const isListed = (name: string) => fields?.includes(name) ?? true;
	return Object.fromEntries(
		Object.entries(run).filter(
			([name]) => name === 'id' || (isListed(name) && !unlisted.includes(name)),
		),
	);
}

/** The cursor of the page that begins with this run (REQ). */
export function cursorOf(id: string, { nextPage }: Settings): string {
	return nextPage === 'opaque' ? `v1:${Buffer.from(id).toString('base64url')}` : id;
}

/** How a list names the page that begins with this run; null for none (REQ, RUN-L). */
export function namePage(
	id: string | undefined,
	settings: Settings,
	requestUrl: URL,
): string | null {
	if (id === undefined) return null;
	const cursor = cursorOf(id, settings);
	const url = new URL(requestUrl);
	url.searchParams.set('pq', cursor);
	if (settings.nextPage === 'url') return url.href;
	return settings.nextPage === 'relative' ? `${url.pathname}${url.search}` : cursor;
}
