import { messageOf } from '../../../kernel/errors.ts';
import { ApiError } from '../../../kube/api-error.ts';
import { objectContent } from '../../../protocol/object-message.ts';
import { contentObject } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import type { ApiResource, KubeObject, Status } from '../../../protocol/kubernetes.ts';

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
export function refusal(code: 403 | 404 | 422 | 429, reason: string, message: string): ApiError {
  return new ApiError(code, { metadata: {}, status: 'Failure', message, reason, code }, 'refused');
}

/** The refusal of Kubernetes' node authorizer: the same whether the object exists or not. */
export function notRelated(nodeName: string, verb: string, resource: ApiResource, name: string, namespace = ''): ApiError {
  const { group, plural } = resource;
  const subject = group === '' ? plural : `${plural}.${group}`;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const user = `User "system:node:${nodeName}" cannot ${verb} resource "${plural}" in API group "${group}" ${scope}`;
  const message = `${subject} "${name}" is forbidden: ${user}: no relationship found between node '${nodeName}' and this object`;
  const details = { name, ...(group === '' ? {} : { group }), kind: plural };
  return new ApiError(403, { metadata: {}, status: 'Failure', message, reason: 'Forbidden', details, code: 403 }, 'refused');
}

/**
 * How KubeEdge's cloud answers: `object` the bare object or error (queries), `wrapped` an ObjectResp `{Object, Err}` (inserts, patches,
 * leases), `plain` a word or the bare error, `none` never.
 */
export type AnswerForm = 'object' | 'wrapped' | 'plain' | 'none';

/** The content of the answer that tells of success. */
export function successContent(form: AnswerForm, result: unknown, resource?: ApiResource): unknown {
  const content = resource === undefined || form !== 'object' ? result : objectContent(resource, result as KubeObject);
  return form === 'wrapped' ? { Object: content, Err: null } : content;
}

/** The content of the answer that tells of a failure. */
export function failureContent(form: AnswerForm, error: unknown): unknown {
  return form === 'wrapped' ? { Object: null, Err: errStatus(error) } : errStatus(error);
}

/** The object in the content; JSON in a string is welcome too. */
export function objectIn(message: Message): Record<string, unknown> {
  const object = contentObject(message);
  if (object === undefined) throw refusal(422, 'Invalid', 'the content is not an object');
  return object;
}
