import type { FieldType } from './field-type.ts';

/** An object in one version of its resource. */
export interface Versioned {
  readonly type: FieldType;
  readonly value: unknown;
}

/** How an object looks in the versions of its resource; managers speak of the version in which they wrote. */
export interface Versions {
  /** The version of the request: `v1`, `example.org/v1`. */
  readonly apiVersion: string;
  /** Undefined for a version that is not served any more. */
  readonly at: (object: unknown, apiVersion: string) => Versioned | undefined;
}
