import type { Logger } from '../../../kernel/log.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ApiContext } from './api-context.ts';
import { groupResource } from './status-error.ts';

/** Keeps the registry equal to the stored CustomResourceDefinitions; returns the cancellation. */
export function followDefinitions({ store, registry }: ApiContext, log: Logger): () => void {
  const resource = groupResource(RESOURCES.crd);
  const define = (crd: KubeObject): void => {
    try {
      registry.define(crd);
    } catch (error) {
      log.error({ err: error, crd: crd.metadata.name }, 'a CustomResourceDefinition cannot be served');
    }
  };
  for (const crd of store.list(resource)) define(crd);
  return store.subscribe(resource, ({ type, name, object }) => {
    if (type === 'DELETED') registry.undefine(name);
    else define(object);
  });
}
