import { KedgeError } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';

/** gRPC's status codes, by what they mean to a mapper. */
const CODES: Partial<Record<ErrorCode, number>> = { INVALID_INPUT: 3, NOT_FOUND: 5, CONFLICT: 9, UNREACHABLE: 14 };

/** What gRPC calls a failure; undefined for one that is no mapper's fault. */
export function statusCodeOf(error: unknown): number | undefined {
  return error instanceof KedgeError ? CODES[error.code] : undefined;
}
