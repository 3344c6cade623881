import { uploadRefused } from '../../../runflow/assets';
import type { RunflowApiError } from '../../../runflow/errors';
import type { Scope } from '../../../runflow/apiError';
import { labelOf } from '../fields/labels';

/** What happened, what to do, and Runflow's own words about it. */
export interface Words {
	message: string;
	/**
	 * How the message continues if it begins with the picture that it is about; missing if it isn't about
	 * one.
	 */
	ofPicture?: string;
	advice: string;
	remote?: string | null;
}

/** Most requests are repeated before a user hears about their failure; redelivery is not. */
export const alreadyRepeated = 'Requests that are safe to repeat have already been repeated.';

const checkFields = 'Check the fields of the node.';

/** The words for each status that has its own; a function if they depend on the error. */
const wordsByStatus: Readonly<Record<number, Words | ((error: RunflowApiError) => Words)>> = {
	400: {
		message: 'Runflow could not understand the request',
		ofPicture: 'was not made: Runflow could not understand the request',
		advice: "Check the fields of the node, 'Additional Input' above all.",
	},
	401: {
		message: 'Runflow did not accept the API key',
		advice:
			"Check 'API Key' in the Runflow credential. Keys are made at app.runflow.io/settings/api-keys.",
	},
	402: {
		message: 'The Runflow account does not have enough credit',
		advice: 'Top up the account at app.runflow.io, then retry this execution.',
	},
	403: wordsForForbidden,
	404: wordsForMissing,
	409: {
		message: 'Runflow reports a conflict with an earlier request',
		advice:
			'The same request was sent before with other content, or is still being processed. Wait a minute, then retry this execution.',
	},
	413: {
		message: 'The request is too large for Runflow',
		ofPicture: 'was not made: the request is too large for Runflow',
		advice: "Shorten 'Prompt' or 'Metadata'.",
	},
	422: wordsForFields,
	429: {
		message: 'Runflow is limiting how often it may be called',
		advice: `Wait a little, or lower 'Concurrency' in the options, then retry this execution. ${alreadyRepeated}`,
	},
};

/** The statuses that have their own words; all others share those of their range. */
export const statusesWithWords: readonly number[] = Object.keys(wordsByStatus).map(Number);

/** The words for a request that the API refused. */
export function wordsForStatus(error: RunflowApiError): Words {
	const { httpStatus, detail: remote } = error;
	if (error.code === uploadRefused) return wordsForStorage(httpStatus);
	const words = wordsByStatus[httpStatus] ?? wordsForOtherStatus(httpStatus);
	return { remote, ...(typeof words === 'function' ? words(error) : words) };
}

/** The words for a file that the storage behind the API refused; the storage never sees the key. */
function wordsForStorage(httpStatus: number): Words {
	return {
		message: `Runflow's storage refused an image (HTTP ${httpStatus})`,
		advice:
			'Retry this execution. If that does not help, check that no proxy between n8n and the storage changes requests.',
	};
}

function wordsForOtherStatus(httpStatus: number): Words {
	if (httpStatus >= 300 && httpStatus < 400) {
		return {
			message: `Runflow's address leads elsewhere (HTTP ${httpStatus})`,
			advice:
				"Check 'Base URL' in the Runflow credential: it has to be the address of the API itself. The node follows no redirect, so that the key and the request go nowhere else.",
		};
	}
	if (httpStatus >= 500) {
		return {
			message: `Runflow could not handle the request (HTTP ${httpStatus})`,
			advice: `Wait a little, then retry this execution. ${alreadyRepeated}`,
		};
	}
	const message = `Runflow refused the request (HTTP ${httpStatus})`;
	return { message, ofPicture: `was not made: ${message}`, advice: checkFields };
}

const adviceByCode: ReadonlyMap<string | null, string> = new Map([
	['EMAIL_NOT_VERIFIED', 'Verify the e-mail address of the Runflow account, then try again.'],
	[
		'ORGANIZATION_MEMBERSHIP_REQUIRED',
		"Check 'Organization ID' in the Runflow credential: the key's owner is not a member of that organization.",
	],
]);

const adviceByScope: Readonly<Record<Scope, string>> = {
	'assets:create':
		"Uploading images needs the scope assets:create. Use a key that has it, or choose 'URL' as 'Input Source'.",
	'runs:create':
		'The key needs the scopes runs:create and runs:read, and a key that starts with rf_svc_ cannot start runs.',
	'runs:execute':
		'Delivering a callback again needs the scope runs:execute. Use a key that has it.',
	'runs:read': 'Reading runs needs the scope runs:read. Use a key that has it.',
};

function wordsForForbidden({ code, scope }: RunflowApiError): Words {
	const advice = `${adviceByScope[scope ?? 'runs:create']} Check 'API Key' and 'Organization ID' in the Runflow credential.`;
	return {
		message: 'Runflow does not allow this with the API key',
		advice: adviceByCode.get(code) ?? advice,
	};
}

function wordsForMissing({ runId }: RunflowApiError): Words {
	return runId === null
		? {
				message: 'Runflow does not know this URL',
				advice: "Check 'Base URL' in the Runflow credential: it ends without /v1.",
			}
		: {
				message: `Run ${runId} was not found`,
				ofPicture: 'is missing: its run was not found',
				advice: 'Check that the Runflow credential belongs to the organization that started it.',
			};
}

/** The words for a 422, field by field, with the labels that the user sees. */
function wordsForFields({ fields }: RunflowApiError): Words {
	if (fields.length === 0) {
		const message = 'Runflow refused a value';
		return { message, ofPicture: `was not made: ${message}`, advice: checkFields };
	}
	const problems = fields.map(({ loc, msg }) => ({
		label: labelOf(loc.map(String).filter((part) => part !== 'body' && part !== 'input')),
		msg,
	}));
	const labels = [...new Set(problems.map(({ label }) => (label === '' ? 'input' : label)))];
	const named = labels.map((label) => `'${label}'`).join(', ');
	return {
		message: `Runflow refused ${named}`,
		ofPicture: `was not made: Runflow refused ${named}`,
		advice: 'Correct the value, or the expression it comes from.',
		remote: problems.map(({ label, msg }) => `'${label}': ${msg}`).join('; '),
	};
}
