import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { GptImage2Trigger } from '../../nodes/GptImage2/GptImage2Trigger.node';

const { description } = new GptImage2Trigger();

function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe("the trigger's description", () => {
	it('leaves n8n no expression to evaluate on a call', () => {
		const { webhooks, credentials, properties } = description;
		const texts = textsIn([webhooks, credentials, properties]);
		expect(texts).toContain('onReceived');
		expect(texts.filter((text) => text.startsWith('='))).toEqual([]);
	});

	it('is of a version for which n8n evaluates nothing on a call, as the action is', () => {
		expect([description.version, new GptImage2().description.version]).toEqual([1.1, 1.1]);
	});
});
