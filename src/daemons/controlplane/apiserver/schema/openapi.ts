import type { ResourceDescription } from './resource-description.ts';
import type { JsonObject } from './json.ts';

/** The document of /openapi/v2. */
export function openApiV2(resources: readonly ResourceDescription[]): JsonObject {
  resources;
  return {};
}

/** The document of /openapi/v3: the paths of the group versions' documents. */
export function openApiV3Index(resources: readonly ResourceDescription[]): JsonObject {
  resources;
  return {};
}

/** The document of /openapi/v3/api/v1 or /openapi/v3/apis/GROUP/VERSION; `groupVersion` is `v1` or `group/version`. */
export function openApiV3(resources: readonly ResourceDescription[], groupVersion: string): JsonObject {
  resources;
  groupVersion;
  return {};
}
