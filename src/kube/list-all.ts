import type { ApiResource, KubeList, KubeObject } from '../protocol/kubernetes.ts';
import { isExpired } from './api-error.ts';
import type { KubeClient, ListOptions } from './client.ts';

const PAGE = 500;

/** A complete list, read in pages of 500; in one piece when the server forgets the snapshot on the way. */
export async function listAll<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  resource: ApiResource,
  options: Omit<ListOptions, 'limit' | 'continue'> = {},
): Promise<KubeList<T>> {
  const first = await client.list<T>(resource, { ...options, limit: PAGE });
  const items = first.items;
  let next = first.metadata.continue;
  while (next) {
    try {
      const page = await client.list<T>(resource, { ...options, limit: PAGE, continue: next });
      items.push(...page.items);
      next = page.metadata.continue;
    } catch (error) {
      if (isExpired(error)) return client.list<T>(resource, options);
      throw error;
    }
  }
  const { resourceVersion } = first.metadata;
  return { ...first, metadata: resourceVersion === undefined ? {} : { resourceVersion }, items };
}
