/** What a path under /api or /apis names. `version` is '' for /apis/GROUP, `plural` is '' for a group version itself. */
export interface RequestInfo {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows; nothing is served there. */
  readonly rest: readonly string[];
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Reads the path of a request as Kubernetes lays it out; undefined when it is none of the API's. */
export function parsePath(pathname: string): RequestInfo | undefined {
  const parts = decodeParts(pathname);
  if (parts === undefined) return undefined;
  const [root, ...rest] = parts;
  if (root === 'api') return resourceInfo('', rest[0] ?? '', rest.slice(1));
  if (root === 'apis') return resourceInfo(rest[0] ?? '', rest[1] ?? '', rest.slice(2));
  return undefined;
}

function resourceInfo(group: string, version: string, path: readonly string[]): RequestInfo {
  let [plural = '', name = '', subresource = '', ...more] = path;
  let namespace = '';
  if (plural === 'namespaces' && name !== '' && subresource !== '' && !(more.length === 0 && NAMESPACE_SUBRESOURCES.has(subresource))) {
    namespace = name;
    [plural = '', name = '', subresource = '', ...more] = path.slice(2);
  }
  return { group, version, namespace, plural, name, subresource, rest: more };
}

/** A path without the slashes at its end, in one pass: it comes from requests and may be long. */
export function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function decodeParts(pathname: string): string[] | undefined {
  try {
    const parts = withoutSlashes(pathname).split('/');
    return parts.slice(parts.findIndex((part) => part !== '')).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
