import type { Status } from '../../../protocol/kubernetes.ts';
import type { FieldError } from './schema/field-error.ts';

/** The group and the plural of a resource, or the group and the kind of an object, as messages name them. */
interface Named {
  readonly group: string;
  readonly plural: string;
}

/** A failure that the API answers with a Status. Messages and reasons are those of Kubernetes' API server (apimachinery api/errors). */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status & { code: number };

  constructor(code: number, reason: string, message: string, details?: Status['details'], cause?: unknown) {
    super(message, { cause });
    const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason } as const;
    this.status = details === undefined ? { ...base, code } : { ...base, details, code };
  }
}

/** That a POST which stores nothing of its own was done. */
export function success(): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** `pods`, `devices.devices.kubeedge.io` */
export function groupResource({ group, plural }: Named): string {
  return group === '' ? plural : `${plural}.${group}`;
}

const detailsOf = ({ group, plural }: Named, name: string) => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(
  resource: Named,
  name: string,
  why: string,
  causes?: { reason: string; message: string; field?: string }[],
): StatusError {
  const subject = name === '' ? groupResource(resource) : `${groupResource(resource)} "${name}"`;
  const details = { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) };
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, details);
}

export function notFound(resource: Named, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${groupResource(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** No such path. */
export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(method: string): StatusError {
  return new StatusError(405, 'MethodNotAllowed', `the server does not allow the method ${method} on the requested resource`, {});
}

export function notAcceptable(): StatusError {
  const message = 'only the following media types are accepted: application/json, application/yaml';
  return new StatusError(406, 'NotAcceptable', message);
}

export function alreadyExists(resource: Named, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${groupResource(resource)} "${name}" already exists`, detailsOf(resource, name));
}

export function conflict(resource: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${groupResource(resource)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(resource, name));
}

export function modifiedMeanwhile(resource: Named, name: string): StatusError {
  return conflict(resource, name, 'the object has been modified; please apply your changes to the latest version and try again');
}

/** An apply that would take fields from other managers. */
export function applyConflict({
  message,
  causes,
}: {
  message: string;
  causes: NonNullable<NonNullable<Status['details']>['causes']>;
}): StatusError {
  return new StatusError(409, 'Conflict', message, { causes });
}

/** The revision that was asked for is no longer, or not yet, known. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

export function tooLarge(message: string): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', message);
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

/** A body of a few bytes for each mistake must not be answered with a page for each. */
const SHOWN_ERRORS = 100;

export function invalid(kind: { group: string; kind: string }, name: string, all: readonly FieldError[]): StatusError {
  const errors = all.slice(0, SHOWN_ERRORS);
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  if (all.length > errors.length) texts.push(`and ${all.length - errors.length} more`);
  const list = texts.length === 1 ? texts.join() : `[${texts.join(', ')}]`;
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const causes = errors.map(({ reason, message, field }) => ({ reason, message, field }));
  const details = {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes,
  };
  return new StatusError(422, 'Invalid', `${subject} "${name}" is invalid: ${list}`, details);
}

export function tooManyRequests(message: string): StatusError {
  return new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds: 1 });
}

/** The disk takes no writes. Nothing of the request was kept; it may succeed later. */
export function insufficientStorage(why: string): StatusError {
  const message = `the disk of the control plane takes no writes (${why}); kedge status cloud says what is wrong`;
  return new StatusError(507, 'InsufficientStorage', message, { causes: [{ message: why }] });
}

/** A list or get asked for a revision that this server has not reached. */
export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new StatusError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}
