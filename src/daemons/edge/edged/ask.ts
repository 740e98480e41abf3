import { KedgeError } from '../../../kernel/errors.ts';
import type { Answer } from '../../../protocol/answer.ts';
import { asKubeObject } from '../../../protocol/kube-object.ts';
import type { KubeObject, Status } from '../../../protocol/kubernetes.ts';

/** Asks the cloud through MetaManager. Rejects when the cloud is away or does not answer in time. */
export type Ask = (request: {
  readonly operation: 'query' | 'insert' | 'update' | 'patch' | 'delete';
  readonly resource: string;
  readonly content: unknown;
  readonly timeoutMs: number;
}) => Promise<Answer>;

/** How long edged waits for the cloud; what it asks is repeated anyway. */
export const ASK_TIMEOUT_MS = 10_000;

/** The object that was answered. @throws KedgeError when there is none */
export function objectOf(answer: Answer, asked: string): KubeObject {
  if (!answer.ok) throw refusal(answer.status, asked);
  const object = asKubeObject(answer.content);
  if (object === undefined) throw new KedgeError('UNREACHABLE', `the cloud answered ${asked} with no object`);
  return object;
}

export function refusal(status: Status, asked: string): KedgeError {
  const code = status.reason === 'NotFound' ? 'NOT_FOUND' : 'CONFLICT';
  return new KedgeError(code, `the cloud refused ${asked}: ${status.message ?? status.reason ?? 'no reason given'}`);
}
