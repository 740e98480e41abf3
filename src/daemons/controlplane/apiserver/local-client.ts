import { silentLogger } from '../../../kernel/log.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient, ListOptions, WatchEvent, WatchOptions } from '../../../kube/client.ts';
import { RESOURCES, type ApiResource, type KubeList, type KubeObject } from '../../../protocol/kubernetes.ts';
import { withoutManagedFields } from '../../../protocol/managed-fields.ts';
import { act } from './actions.ts';
import { PLAIN_WRITE, type ApiContext, type Target } from './api-context.ts';
import { applyObject } from './object-apply.ts';
import { createObject } from './object-create.ts';
import { deleteObject } from './object-delete.ts';
import { getObject, listObjects } from './object-read.ts';
import { patchObject, updateObject } from './object-update.ts';
import { ObjectWatch, type ObjectEvent } from './object-watch.ts';
import { statusOf } from './http/respond.ts';
import { isObject } from './schema/json.ts';
import { noSuchPath } from './status-error.ts';

/** A KubeClient without a connection. */
export type LocalClient = KubeClient & {
  /** PUT of a Namespace's /finalize. */
  finalize(namespace: KubeObject): Promise<KubeObject>;
};

/**
 * The API for those who live in the same process, such as controllers: no socket in between, the same rules, the same errors.
 * `context` is asked at each call.
 */
export function createLocalClient(context: () => ApiContext): LocalClient {
  const target = (resource: ApiResource, name: string, namespace = '', subresource = ''): Target => {
    const entry = context().registry.find(resource.group, resource.version, resource.plural);
    if (entry === undefined) throw noSuchPath();
    return { entry, namespace: resource.namespaced ? namespace : '', name, subresource };
  };
  /** Objects of the API are shared: what leaves here is a private copy of type T, without the account of who owns which field. */
  const call = async <T>(attempted: string, work: () => unknown): Promise<T> => {
    try {
      return privateCopy(await work()) as T;
    } catch (error) {
      throw asApiError(error, attempted);
    }
  };
  /** What comes in is what would have come over the network. */
  const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const put = (resource: ApiResource, object: KubeObject, subresource = '') =>
    updateObject(context(), target(resource, object.metadata.name, object.metadata.namespace, subresource), sent(object), PLAIN_WRITE);
  const apply = async (where: Target, body: unknown) => (await applyObject(context(), where, body, { ...PLAIN_WRITE, force: true })).object;
  return {
    get: (resource, name, namespace) =>
      call(`get ${resource.plural} ${name}`, () => getObject(context(), target(resource, name, namespace))),
    list: <T extends KubeObject>(resource: ApiResource, options: ListOptions = {}) =>
      call<KubeList<T>>(`list ${resource.plural}`, () => listObjects(context(), target(resource, '', options.namespace), options)),
    create: (resource, object, namespace = object.metadata.namespace, { as: user = PLAIN_WRITE.user } = {}) =>
      call(`create ${resource.plural}`, () =>
        createObject(context(), target(resource, '', namespace), sent(object), { ...PLAIN_WRITE, user }),
      ),
    createToken: (name, namespace, request) =>
      call(`create serviceaccounts/token ${name}`, () =>
        act(context(), target(RESOURCES.serviceAccount, name, namespace, 'token'), sent(request), PLAIN_WRITE),
      ),
    update: (resource, object, options) =>
      call(`update ${resource.plural} ${object.metadata.name}`, async () => (await put(resource, object, options?.subresource)).object),
    finalize: (namespace) => call('finalize namespaces', async () => (await put(NAMESPACES, namespace, 'finalize')).object),
    patch: (resource, { name, namespace, subresource }, body, kind) =>
      call(`patch ${resource.plural} ${name}`, () => {
        const where = target(resource, name, namespace, subresource);
        return kind === 'apply' ? apply(where, sent(body)) : patchObject(context(), where, { kind, body: sent(body) }, PLAIN_WRITE);
      }),
    delete: (resource, name, namespace, options = {}) =>
      call(`delete ${resource.plural} ${name}`, async () => {
        await deleteObject(context(), target(resource, name, namespace), options, PLAIN_WRITE);
      }),
    watch: <T extends KubeObject>(resource: ApiResource, options: ListOptions & WatchOptions) =>
      watch<T>(() => new ObjectWatch(context(), target(resource, '', options.namespace), options), resource, options),
    raw: (path) => call(`get ${path}`, () => Promise.reject(noSuchPath())),
    close: () => undefined,
  };
}

const NAMESPACES: ApiResource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/** Nobody in this process asks who owns which field, and what caches keep for thousands of edges should not have it. */
function privateCopy(value: unknown): unknown {
  if (!isObject(value) || !isObject(value['metadata'])) return structuredClone(value);
  const { items } = value;
  return structuredClone(
    Array.isArray(items) ? { ...value, items: items.map(withoutManagedFields) } : withoutManagedFields(value as unknown as KubeObject),
  );
}

/** Ends when the signal aborts, when this reader was too slow, or when the resource is defined otherwise. */
async function* watch<T extends KubeObject>(
  open: () => ObjectWatch,
  resource: ApiResource,
  { signal, onOpen }: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  let watching: ObjectWatch;
  try {
    watching = open();
  } catch (error) {
    throw asApiError(error, `watch ${resource.plural}`);
  }
  let wake: () => void = () => undefined;
  const stop = (): void => wake();
  watching.onReady = stop;
  signal.addEventListener('abort', stop, { once: true });
  onOpen?.();
  try {
    while (!signal.aborted && !watching.overrun && !watching.isOver) {
      const event: ObjectEvent | undefined = watching.shift();
      if (event !== undefined) yield { ...event, object: privateCopy(event.object) } as WatchEvent<T>;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    watching.close();
  }
}

function asApiError(error: unknown, attempted: string): unknown {
  const { status } = statusOf(error, silentLogger);
  return new ApiError(status.code, status, attempted);
}
