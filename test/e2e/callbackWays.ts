import { deflateSync, gzipSync } from 'node:zlib';

import { sign } from '../../runflow/signature';
import type { RawRequest } from './rawRequests';

/** The secret that signs. */
export const secret = 'whsec_bodies';

/** The signature of a body. */
export const signatureOf = (body: Buffer | string) => sign(secret, Buffer.from(body));
/** A body with its signature. */
export const signed = (
	body: Buffer | string,
	headers: Record<string, string> = {},
): RawRequest => ({
	body,
	headers: { ...headers, 'runflow-signature': signatureOf(body) },
});
/** A body with its signature and a content type. */
export const typed = (type: string) => (body: string) => signed(body, { 'content-type': type });
const compressed =
	(encoding: string, compress: (body: string) => Buffer, type = 'application/json') =>
	(body: string): RawRequest => ({
		...signed(body, { 'content-type': type, 'content-encoding': encoding }),
		body: compress(body),
	});
const withBom = (body: string) => `\uFEFF${body}`;

/** The name of the way that n8n 2.20 and older can't read. */
export const bomAsJson = 'with a byte order mark, as JSON';

/** The ways to send a callback that differ in their headers and their bytes, not in what they say. */
export const ways: Record<string, (body: string) => RawRequest> = {
	'as JSON': typed('application/json'),
	'as JSON with a charset': typed('application/json; charset=utf-8'),
	'as JSON with a quoted charset': typed('Application/JSON ; charset="UTF-8"'),
	'as a form': typed('application/x-www-form-urlencoded'),
	'as text': typed('text/plain'),
	'as bytes': typed('application/octet-stream'),
	'as a cloud event': typed('application/cloudevents+json'),
	'with no content type': (body) => signed(body),
	'with a senseless content type': typed('nonsense'),
	[bomAsJson]: (body) => typed('application/json')(withBom(body)),
	'with a byte order mark, as bytes': (body) => typed('application/octet-stream')(withBom(body)),
	'gzipped, as JSON': compressed('gzip', gzipSync),
	'gzipped, as bytes': compressed('gzip', gzipSync, 'application/octet-stream'),
	'deflated, as JSON': compressed('deflate', deflateSync),
	'in chunks, as JSON': (body) => ({ ...typed('application/json')(body), chunked: true }),
	'in chunks, with no content type': (body) => ({ ...signed(body), chunked: true }),
};
