import { createHash } from 'node:crypto';
import { apiVersionOf, type ApiResource } from '../../../../protocol/kubernetes.ts';
import type { JsonObject } from './json.ts';
import { pathsOf } from './openapi-paths.ts';
import { schemasOf } from './openapi-schemas.ts';
import type { ResourceDescription } from './resource-description.ts';

const INFO = { title: 'Kubernetes', version: 'v1' };

/** The document of /openapi/v2. */
export function openApiV2(resources: readonly ResourceDescription[]): JsonObject {
  return { swagger: '2.0', info: INFO, paths: pathsOf(resources, 2), definitions: schemasOf(resources, 2) };
}

/**
 * The document of /openapi/v3: where the documents of the group versions are. Their URLs carry a hash, since clients keep what they
 * once read from a URL.
 */
export function openApiV3Index(resources: readonly ResourceDescription[]): JsonObject {
  const paths = [...new Set(resources.map(({ resource }) => pathOf(resource)))].map((path) => {
    const groupVersion = path.slice(path.indexOf('/') + 1);
    const hash = createHash('sha256')
      .update(JSON.stringify(openApiV3(resources, groupVersion)))
      .digest('hex')
      .toUpperCase();
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(paths) as JsonObject };
}

/**
 * The document of /openapi/v3/api/v1 or /openapi/v3/apis/GROUP/VERSION; `groupVersion` is `v1` or `group/version`. Undefined if
 * nothing is served there.
 */
export function openApiV3(resources: readonly ResourceDescription[], groupVersion: string): JsonObject | undefined {
  const served = resources.filter(({ resource }) => apiVersionOf(resource) === groupVersion);
  if (served.length === 0) return undefined;
  return { openapi: '3.0.0', info: INFO, paths: pathsOf(served, 3), components: { schemas: schemasOf(served, 3) } };
}

function pathOf(resource: ApiResource): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
}
