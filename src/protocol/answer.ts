import type { Message } from './message.ts';
import { isRecord } from './message.ts';
import type { Status } from './kubernetes.ts';

/** What the cloud answered to a request of the edge: an object (or "OK", or null), or why not. */
export type Answer = { readonly ok: true; readonly content: unknown } | { readonly ok: false; readonly status: Status };

/**
 * Reads the answers of EdgeController in all their forms: ObjectResp `{Object, Err}`, a bare `{ErrStatus}`, a plain object or
 * text, operation `error` with a text (KubeEdge wire format, messages of edgecontroller).
 */
export function readAnswer(message: Message): Answer {
  const { content } = message;
  if (message.route.operation === 'error') return refused(typeof content === 'string' ? content : JSON.stringify(content));
  if (!isRecord(content)) return { ok: true, content };
  if ('ErrStatus' in content) return { ok: false, status: asStatus(content['ErrStatus']) };
  if (!('Object' in content) || !('Err' in content)) return { ok: true, content };
  const { Object: object, Err: error } = content;
  if (error === null) return { ok: true, content: object };
  return { ok: false, status: asStatus(isRecord(error) ? error['ErrStatus'] : undefined) };
}

function asStatus(value: unknown): Status {
  return isRecord(value) && value['status'] === 'Failure' ? (value as unknown as Status) : { ...unknownFailure };
}

function refused(message: string): Answer {
  return { ok: false, status: { ...unknownFailure, message } };
}

const unknownFailure: Status = { metadata: {}, status: 'Failure', message: 'the cloud gave no reason', reason: 'Unknown', code: 500 };
