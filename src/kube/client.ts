import type { ApiResource, KubeList, KubeObject, TokenRequest, User } from '../protocol/kubernetes.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  signal?: AbortSignal;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

export interface WatchOptions {
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
  /** Called when the server has accepted the watch, before any event. */
  onOpen?: () => void;
  signal: AbortSignal;
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T } | { type: 'ERROR'; object: unknown };

/**
 * Typed access to any Kubernetes API. Every call rejects with ApiError when the server answered with a Status, and with
 * KedgeError UNREACHABLE or TIMEOUT when it did not answer. `namespace` is needed exactly for namespaced resources.
 */
export interface KubeClient {
  get<T extends KubeObject>(resource: ApiResource, name: string, namespace?: string): Promise<T>;
  list<T extends KubeObject>(resource: ApiResource, options?: ListOptions): Promise<KubeList<T>>;
  /** `as`: on behalf of another user, which an administrator may. */
  create<T extends KubeObject>(resource: ApiResource, object: T, namespace?: string, options?: { as?: User }): Promise<T>;
  update<T extends KubeObject>(resource: ApiResource, object: T, options?: { subresource?: 'status' | 'approval' }): Promise<T>;
  patch<T extends KubeObject>(
    resource: ApiResource,
    target: { name: string; namespace?: string; subresource?: 'status' },
    patch: unknown,
    type: PatchType,
  ): Promise<T>;
  delete(resource: ApiResource, name: string, namespace?: string, options?: DeleteOptions): Promise<void>;
  /** POST of a TokenRequest for a ServiceAccount: the same with `status.token`. */
  createToken(name: string, namespace: string, request: TokenRequest): Promise<TokenRequest>;
  /** One watch request; ends when the server closes it, throws when the connection breaks or falls silent. */
  watch<T extends KubeObject>(resource: ApiResource, options: ListOptions & WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** GET of a path outside the resources, e.g. `/readyz`; the body as text. */
  raw(path: string): Promise<string>;
  /** Closes idle connections. */
  close(): void;
}
