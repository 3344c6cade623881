import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';

/** Lets n8n's binary store fail, at the given calls only. */
export function breakStore(...calls: number[]) {
	const service = Container.get(BinaryDataService);
	const store = service.store.bind(service);
	let count = 0;
	return jest.spyOn(service, 'store').mockImplementation(async (...parameters) => {
		count += 1;
		if (calls.includes(count)) throw new Error('no space left on device');
		return await store(...parameters);
	});
}
