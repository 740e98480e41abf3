/** What a message's `route.resource` names: `{namespace}/{type}/{name}`, namespace `null` for cluster scope. */
export interface ResourcePath {
  readonly namespace: string;
  readonly type: string;
  readonly name: string;
}

/** `{namespace}/{type}/{name}`. */
export function formatResource({ namespace, type, name }: ResourcePath): string {
  return `${namespace}/${type}/${name}`;
}

/** Reads `{namespace}/{type}/{name}` (the form on the wire, without `node/{NODE}/`); undefined for any other form. */
export function parseResource(resource: string | undefined): ResourcePath | undefined {
  const parts = resource?.split('/') ?? [];
  const [namespace, type, name] = parts;
  if (parts.length !== 3 || !namespace || !type || !name) return undefined;
  return { namespace, type, name };
}
