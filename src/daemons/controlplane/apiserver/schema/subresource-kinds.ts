interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Subresources that take and answer another kind than their resource's. */
export const SUBRESOURCE_KINDS: Readonly<Record<string, Kind>> = {
  attach: { group: '', version: 'v1', kind: 'PodAttachOptions' },
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  exec: { group: '', version: 'v1', kind: 'PodExecOptions' },
  portforward: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};

/** Subresources that lead to a node, whose answers are no objects. */
export const STREAMS: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward']);

/** What may be done with a subresource of this name. */
export function subresourceVerbs(name: string): readonly string[] {
  if (name === 'token' || name === 'binding' || name === 'eviction') return ['create'];
  if (name === 'log') return ['get'];
  if (STREAMS.has(name)) return ['create', 'get'];
  return name === 'finalize' ? ['update'] : ['get', 'patch', 'update'];
}
