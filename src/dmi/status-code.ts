import { KedgeError } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';

const NAMES = {
  INVALID_INPUT: 'INVALID_ARGUMENT',
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'FAILED_PRECONDITION',
  UNREACHABLE: 'UNAVAILABLE',
} as const;

export type StatusName = (typeof NAMES)[keyof typeof NAMES];

/** What gRPC calls a failure; undefined for one that is no mapper's fault. */
export function statusNameOf(error: unknown): StatusName | undefined {
  return error instanceof KedgeError ? (NAMES as Partial<Record<ErrorCode, StatusName>>)[error.code] : undefined;
}
