import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { stringify } from 'yaml';
import { KedgeError, messageOf } from '../../../../kernel/errors.ts';
import { isDiskFailure } from '../../../../store/disk-trouble.ts';
import { ObjectTooLarge } from '../../../../store/kube-objects.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { OPENAPI_PROTOBUF } from './openapi-protobuf.ts';
import { PatchError } from '../schema/patch-error.ts';
import { InvalidObject } from '../schema/validate.ts';
import { badRequest, insufficientStorage, StatusError, tooLarge, tooManyRequests } from '../status-error.ts';

export interface Answer {
  readonly code: number;
  /** Bytes are written as they are. */
  readonly value: unknown;
  readonly mediaType: 'application/json' | 'application/yaml' | 'text/plain' | typeof OPENAPI_PROTOBUF;
  /** What Content-Type says, when it is more than the media type. */
  readonly contentType?: string;
  readonly warnings?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers of this size on are compressed for those who take it, as Kubernetes' API server does. */
const GZIP_BYTES = 128 * 1024;
/** Warnings, which are headers, are cut to this length each when they are longer than that together, as Kubernetes does it. */
const [WARNING_LENGTH, WARNINGS_LENGTH] = [256, 4_096];
/** The fastest one: most of the gain for little of the time. */
const GZIP_LEVEL = 1;
const compress = promisify(gzip);

/** Writes an answer; `request` tells how it may be encoded. Resolves with how many bytes the body takes. */
export async function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<number> {
  const { code, value, mediaType, contentType, warnings = [], headers } = answer;
  const plain = value instanceof Uint8Array ? value : Buffer.from(textOf(value, mediaType));
  const isGzipped = plain.length >= GZIP_BYTES && request.method === 'GET' && takesGzip(request);
  const body = isGzipped ? await compress(plain, { level: GZIP_LEVEL }) : plain;
  if (response.destroyed) return 0;
  if (warnings.length > 0)
    response.setHeader(
      'warning',
      fitting(warnings).map((warning) => `299 - ${JSON.stringify(printable(warning))}`),
    );
  response.writeHead(code, {
    'content-type': contentType ?? (mediaType === 'text/plain' ? 'text/plain; charset=utf-8' : mediaType),
    'content-length': body.length,
    'cache-control': 'no-cache, private',
    ...headers,
    ...(isGzipped ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
    ...(code === 429 ? { 'retry-after': '1' } : {}),
  });
  response.end(body);
  return body.length;
}

function takesGzip({ headers: { 'accept-encoding': accepted = '' } }: IncomingMessage): boolean {
  const choices = (Array.isArray(accepted) ? accepted.join() : accepted).split(',').map((choice) => choice.replaceAll(/\s/g, ''));
  return choices.some((choice) => /^gzip(;q=(?!0(\.0*)?$).*)?$/.test(choice));
}

function textOf(value: unknown, mediaType: Answer['mediaType']): string {
  if (mediaType === 'text/plain') return String(value);
  return mediaType === 'application/yaml' ? stringify(value) : `${JSON.stringify(value)}\n`;
}

/** What a failed request is answered with; what nobody foresaw is logged and answered 500. */
export function statusOf(error: unknown, log: Logger): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof InvalidObject) return badRequest(error.message);
  if (error instanceof PatchError) return patchStatus(error);
  if (error instanceof ObjectTooLarge) return tooLarge(`Request entity too large: ${error.message}`);
  if (error instanceof KedgeError && error.code === 'TIMEOUT') return tooManyRequests(error.message);
  log.error({ err: error }, 'a request failed');
  if (isDiskFailure(error)) return insufficientStorage(messageOf(error));
  const causes = [{ message: messageOf(error) }];
  return new StatusError(500, 'InternalError', `Internal error occurred: ${messageOf(error)}`, { causes });
}

/** kubectl puts causes before the message; without any, the message itself is what it shows. */
function patchStatus({ code, reason, message }: PatchError): StatusError {
  return new StatusError(code, reason, message, code === 422 ? {} : undefined);
}

/** Each warning once; of very many, as many as fit into headers that every client reads. */
function fitting(warnings: readonly string[]): string[] {
  const different = [...new Set(warnings)];
  if (different.reduce((sum, { length }) => sum + length, 0) <= WARNINGS_LENGTH) return different;
  let written = 0;
  return different.flatMap((warning) => {
    if (written >= WARNINGS_LENGTH) return [];
    const text = warning.slice(0, WARNING_LENGTH);
    written += text.length;
    return [text];
  });
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
