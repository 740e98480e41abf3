import { parseJson } from '../protocol/json.ts';
import { apiVersionOf, RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource, KubeList, KubeObject, Status, TokenRequest, User } from '../protocol/kubernetes.ts';
import { KedgeError } from '../kernel/errors.ts';
import { ApiError } from './api-error.ts';
import type { DeleteOptions, KubeClient, ListOptions, PatchType, WatchEvent, WatchOptions } from './client.ts';
import type { Credentials } from './credentials.ts';
import { resourceUrl } from './resource-url.ts';
import type { UrlTarget } from './resource-url.ts';
import { Transport } from './transport.ts';
import type { HttpRequest, TransportLimits } from './transport.ts';
import { readLines } from './watch-stream.ts';

const PATCH_CONTENT_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A client of one API server on node:https with one keep-alive agent. Opens nothing until the first call. */
export function createKubeClient(credentials: Credentials, limits: Partial<TransportLimits> = {}): HttpKubeClient {
  return new HttpKubeClient(new Transport(credentials, limits));
}

export class HttpKubeClient implements KubeClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get<T extends KubeObject>(resource: ApiResource, name: string, namespace?: string): Promise<T> {
    return this.#call<T>('GET', resource, { name, namespace });
  }

  async list<T extends KubeObject>(resource: ApiResource, { signal, namespace, ...options }: ListOptions = {}): Promise<KubeList<T>> {
    const list = await this.#call<Omit<KubeList<T>, 'items'> & { items: T[] | null }>(
      'GET',
      resource,
      { namespace, allNamespaces: true, query: options },
      { signal },
    );
    // Go writes an empty list of some types as null.
    return { ...list, items: list.items ?? [] };
  }

  create<T extends KubeObject>(
    resource: ApiResource,
    object: T,
    namespace: string | undefined = object.metadata.namespace,
    { as }: { as?: User } = {},
  ): Promise<T> {
    const headers = as === undefined ? {} : { 'impersonate-user': as.name, 'impersonate-group': [...as.groups] };
    return this.#call<T>('POST', resource, { namespace }, { body: typed(resource, object), headers });
  }

  createToken(name: string, namespace: string, request: TokenRequest): Promise<TokenRequest> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', ...request };
    return this.#call('POST', RESOURCES.serviceAccount, { name, namespace, subresource: 'token' }, { body });
  }

  update<T extends KubeObject>(
    resource: ApiResource,
    object: T,
    { subresource }: { subresource?: 'status' | 'approval' } = {},
  ): Promise<T> {
    const { name, namespace } = object.metadata;
    return this.#call<T>('PUT', resource, { name, namespace, subresource }, { body: typed(resource, object) });
  }

  patch<T extends KubeObject>(
    resource: ApiResource,
    target: { name: string; namespace?: string; subresource?: 'status' },
    patch: unknown,
    type: PatchType,
  ): Promise<T> {
    const query = type === 'apply' ? { fieldManager: 'kedge', force: true } : {};
    return this.#call<T>('PATCH', resource, { ...target, query }, { body: patch, contentType: PATCH_CONTENT_TYPES[type] });
  }

  async delete(resource: ApiResource, name: string, namespace?: string, options?: DeleteOptions): Promise<void> {
    const body = options && { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    await this.#call('DELETE', resource, { name, namespace }, { body });
  }

  async *watch<T extends KubeObject>(
    resource: ApiResource,
    { signal, namespace, onOpen, ...options }: ListOptions & WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const path = resourceUrl(resource, { namespace, allNamespaces: true, query: { ...options, watch: true } });
    const request = { method: 'GET', path, signal } as const;
    const response = await this.#transport.stream(request);
    if ('text' in response) throw failure(request, response);
    onOpen?.();
    const onAbort = (): void => void response.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const line of readLines(response, this.#transport.limits)) yield parse<WatchEvent<T>>(request, line);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#transport.explain(request, error);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async raw(path: string): Promise<string> {
    const request = { method: 'GET', path } as const;
    const answer = await this.#transport.request(request);
    if (answer.code >= 300) throw failure(request, answer);
    return answer.text;
  }

  close(): void {
    this.#transport.close();
  }

  async #call<T>(
    method: HttpRequest['method'],
    resource: ApiResource,
    target: UrlTarget,
    extra: Pick<HttpRequest, 'contentType' | 'headers' | 'signal'> & { body?: unknown } = {},
  ): Promise<T> {
    const request = { method, path: resourceUrl(resource, target), ...extra };
    const answer = await this.#transport.request(request);
    if (answer.code >= 300) throw failure(request, answer);
    return parse<T>(request, answer.text);
  }
}

type Attempt = Pick<HttpRequest, 'method' | 'path'>;

/** An API server's answers are trusted to be what was asked for, once they are JSON objects. */
function parse<T>({ method, path }: Attempt, text: string): T {
  const value = readJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KedgeError('UNREACHABLE', `${method} ${path}: the answer is not a Kubernetes object`, {
      hint: 'check that the kubeconfig names an API server',
    });
  }
  return value as T;
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function failure({ method, path }: Attempt, { code, text }: { code: number; text: string }): ApiError {
  const value = readJson(text) as Partial<Status> | null | undefined;
  const status: Status =
    value?.kind === 'Status'
      ? (value as Status)
      : {
          apiVersion: 'v1',
          kind: 'Status',
          metadata: {},
          status: 'Failure',
          code,
          message: `HTTP ${code} ${text.trim().slice(0, 200)}`.trim(),
        };
  return new ApiError(code, status, `${method} ${path.split('?')[0] ?? ''}`);
}

/** Custom resources are refused without `apiVersion` and `kind`; built-in ones are not, and lists leave them out. */
function typed(resource: ApiResource, object: KubeObject): KubeObject {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
}
