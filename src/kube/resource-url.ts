import { KedgeError } from '../kernel/errors.ts';
import type { ApiResource } from '../protocol/kubernetes.ts';

export interface UrlTarget {
  /** Absent: the collection. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly subresource?: string | undefined;
  /** A namespaced collection may be asked for without a namespace. */
  readonly allNamespaces?: boolean;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/**
 * Path and query of a resource, a collection or a subresource.
 * @throws KedgeError INVALID_INPUT when a name or a needed namespace is empty: the path would mean something else.
 */
export function resourceUrl(resource: ApiResource, { name, namespace, subresource, allNamespaces = false, query = {} }: UrlTarget): string {
  const { group, version, plural, namespaced, kind } = resource;
  if (name !== undefined) checkSegment(name, `the name of a ${kind}`);
  if (namespaced && (namespace !== undefined || !allNamespaces)) checkSegment(namespace ?? '', `the namespace of a ${kind}`);
  const scope = namespaced && namespace !== undefined ? ['namespaces', namespace] : [];
  const segments = [...(group === '' ? ['api', version] : ['apis', group, version]), ...scope, plural, name, subresource];
  const path = segments
    .filter((segment) => segment !== undefined)
    .map((segment) => `/${encodeURIComponent(segment)}`)
    .join('');
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(key, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

function checkSegment(text: string, what: string): void {
  if (text === '' || text === '.' || text === '..') throw new KedgeError('INVALID_INPUT', `"${text}" cannot be ${what}`);
}
