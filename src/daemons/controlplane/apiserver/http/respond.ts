import type { ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { KedgeError, messageOf } from '../../../../kernel/errors.ts';
import { isDiskFailure } from '../../../../store/disk-trouble.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { OPENAPI_PROTOBUF } from './openapi-protobuf.ts';
import { PatchError } from '../schema/patch-error.ts';
import { InvalidObject } from '../schema/validate.ts';
import { badRequest, insufficientStorage, StatusError, tooManyRequests } from '../status-error.ts';

export interface Answer {
  readonly code: number;
  /** Bytes are written as they are. */
  readonly value: unknown;
  readonly mediaType: 'application/json' | 'application/yaml' | 'text/plain' | typeof OPENAPI_PROTOBUF;
  /** What Content-Type says, when it is more than the media type. */
  readonly contentType?: string;
  readonly warnings?: readonly string[];
}

/** Writes an answer. */
export function respond(response: ServerResponse, { code, value, mediaType, contentType, warnings = [] }: Answer): void {
  const body = value instanceof Uint8Array ? value : Buffer.from(textOf(value, mediaType));
  if (warnings.length > 0)
    response.setHeader(
      'warning',
      warnings.map((warning) => `299 - ${JSON.stringify(printable(warning))}`),
    );
  response.writeHead(code, {
    'content-type': contentType ?? (mediaType === 'text/plain' ? 'text/plain; charset=utf-8' : mediaType),
    'content-length': body.length,
    'cache-control': 'no-cache, private',
    ...(code === 429 ? { 'retry-after': '1' } : {}),
  });
  response.end(body);
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

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
