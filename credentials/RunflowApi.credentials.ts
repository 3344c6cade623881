import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

/** Marks the request of the test, which never leaves with it. */
const testHeader = 'x-n8n-credential-test';

const cannotStartRuns =
	'A key that starts with rf_svc_ cannot start runs. Make another one at app.runflow.io/settings/api-keys.';

export class RunflowApi implements ICredentialType {
	name = 'runflowApi';

	displayName = 'Runflow API';

	documentationUrl = 'https://docs.runflow.io/concepts/authentication';

	icon = { light: 'file:icons/runflow.svg', dark: 'file:icons/runflow.dark.svg' } as const;

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. rf_live_…',
			description:
				'Create one in <a href="https://app.runflow.io/settings/api-keys" target="_blank">Runflow\'s settings</a>, where it is shown once. It needs the scopes runs:create and runs:read, and assets:create to edit images from binary data. A key that starts with rf_svc_ cannot start runs.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.runflow.io',
			placeholder: 'e.g. https://api.runflow.io',
			description: 'Address of Runflow, without /v1. Leave as it is.',
		},
		{
			displayName: 'Organization ID',
			name: 'organizationId',
			type: 'string',
			default: '',
			placeholder: 'e.g. 0197a3c2-0000-7000-8000-000000000001',
			description: "The organization to work in, if it is not the key's own. Usually empty.",
		},
		{
			displayName: 'Callback Signing Secrets',
			name: 'signingSecrets',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. whsec_…',
			description:
				"The secret with which Runflow signs callbacks. Only the 'GPT Image 2 Trigger' needs it; else leave it empty. While you rotate it, enter both the old and the new one, separated by a comma or space.",
		},
	];

	/** Adds the key and, if one is set, the organization to a request (AUTH, WH). */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const apiKey = credentials.apiKey?.toString().trim() ?? '';
		const { [testHeader]: isTest, ...others } = { ...request.headers };
		if (isTest !== undefined && apiKey.startsWith('rf_svc_')) throw new Error(cannotStartRuns);
		const organizationId = credentials.organizationId?.toString().trim();
		const headers = {
			...others,
			Authorization: `Bearer ${apiKey}`,
			...(organizationId && { 'X-Organization-Id': organizationId }),
		};
		return { ...request, headers };
	}

	/** Requests only what the node itself needs; a key restricted to runs may be refused elsewhere (SDK). */
	test: ICredentialTestRequest = {
		request: {
			baseURL:
				'={{ $credentials.baseUrl.trim().replace(/(?<!\\/)\\/+$/, "").replace(/\\/v1$/, "") }}',
			url: '/v1/runs',
			qs: { limit: 1 },
			disableFollowRedirect: true,
			headers: { [testHeader]: 'true' },
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'Runflow does not know this API key. Copy it again from app.runflow.io/settings/api-keys, or make a new one.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						"Runflow knows this API key, but it may not read runs. Give it the scopes runs:create and runs:read, and check 'Organization ID'.",
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: "There is no Runflow at this address. Check 'Base URL': it ends without /v1.",
				},
			},
		],
	};
}
