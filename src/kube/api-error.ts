import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { Status } from '../protocol/kubernetes.ts';

/** The API answered, and its answer was a failure. `status` is what it said. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status. */
  readonly code: number;
  readonly status: Status;

  constructor(code: number, status: Status, attempted: string) {
    super(`${attempted}: ${status.message ?? status.reason ?? `HTTP ${code}`}`);
    this.code = code;
    this.status = status;
  }

  /** Kubernetes' word for the failure, such as `NotFound`; '' if it gave none. */
  get reason(): string {
    return this.status.reason ?? '';
  }
}

export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 404;
}

export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 403;
}

/** Another writer was faster: the object's resourceVersion has moved. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 409 && error.reason === 'AlreadyExists';
}

/** The resourceVersion (or the page of a list) is older than what the server keeps. */
export function isExpired(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 410;
}

const REJECTIONS: ReadonlySet<number> = new Set([400, 405, 413, 415, 422]);

/** The API has understood the request and does not want it: the same again gets the same answer. */
export function isRejected(error: unknown): error is ApiError {
  return error instanceof ApiError && REJECTIONS.has(error.code);
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_INPUT',
  401: 'AUTH',
  403: 'PERMISSION',
  404: 'NOT_FOUND',
  405: 'INVALID_INPUT',
  409: 'CONFLICT',
  413: 'INVALID_INPUT',
  415: 'INVALID_INPUT',
  422: 'INVALID_INPUT',
  504: 'TIMEOUT',
};

/** What a person is told about a failed call: the API's refusals by their meaning, KedgeErrors as they are, anything else as BUG. */
export function toKedgeError(error: unknown): KedgeError {
  if (error instanceof KedgeError) return error;
  if (!(error instanceof ApiError)) return new KedgeError('BUG', messageOf(error), { cause: error });
  const code = CODES[error.code] ?? (error.code >= 500 || error.code === 429 ? 'UNREACHABLE' : 'INVALID_INPUT');
  return new KedgeError(code, error.message, {
    hint: error.code === 401 ? 'The API does not accept these credentials; check the kubeconfig.' : undefined,
  });
}
