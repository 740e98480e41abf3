import { messageOf } from '../../../kernel/errors.ts';
import { ApiError } from '../../../kube/api-error.ts';
import { objectContent } from '../../../protocol/object-message.ts';
import { contentObject } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import type { ApiResource, KubeObject, ObjectResp, Status } from '../../../protocol/kubernetes.ts';

/** Go's StatusError as JSON. An error without ErrStatus would be taken for success by the edge's client. */
export interface ErrStatus {
  ErrStatus: Status;
}

/** What an edge is told about a failed call; what is no answer of the API (it is away) becomes a ServiceUnavailable. */
export function errStatus(error: unknown): ErrStatus {
  if (error instanceof ApiError) {
    const { message = error.message, reason = 'Unknown', details } = error.status;
    return { ErrStatus: { metadata: {}, status: 'Failure', message, reason, ...(details && { details }), code: error.code } };
  }
  return {
    ErrStatus: { metadata: {}, status: 'Failure', message: messageOf(error), reason: 'ServiceUnavailable', code: 503 },
  };
}

/** A refusal that this side decides about: Kubernetes' own form of it. */
export function refusal(code: 403 | 404 | 422, reason: string, message: string): ApiError {
  return new ApiError(code, { metadata: {}, status: 'Failure', message, reason, code }, 'refused');
}

/** KubeEdge's answer to inserts and patches: both keys, one of them null. */
export async function objectResp(work: () => Promise<KubeObject>): Promise<ObjectResp<KubeObject>> {
  try {
    return { Object: await work(), Err: null };
  } catch (error) {
    return { Object: null, Err: errStatus(error) };
  }
}

/** The answer to a query: the object itself, or the error itself. */
export async function bareObject(resource: ApiResource, work: () => Promise<KubeObject>): Promise<KubeObject | ErrStatus> {
  try {
    return objectContent(resource, await work());
  } catch (error) {
    return errStatus(error);
  }
}

/** The object in the content; JSON in a string is welcome too. */
export function objectIn(message: Message): Record<string, unknown> {
  const object = contentObject(message);
  if (object === undefined) throw refusal(422, 'Invalid', 'the content is not an object');
  return object;
}
