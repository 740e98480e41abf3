import type { Clock } from '../../../kernel/clock.ts';
import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { Informer } from '../../../kube/informer.ts';
import type { ApiResource, KubeObject } from '../../../protocol/kubernetes.ts';

/** How soon to look again at what has not gone yet (pods in their grace period, finalizers), ms. */
const LOOK_AGAIN_MS = 500;

/** Calls `work` with the name of each object of a cluster-wide resource that is being deleted, until it says that nothing is left to do. */
export async function finishDeletions<T extends KubeObject>(
  scope: Scope,
  source: { client: Pick<KubeClient, 'list' | 'watch'>; resource: ApiResource; clock: Clock },
  work: (name: string) => Promise<boolean>,
): Promise<void> {
  const { clock } = source;
  const delayed = new Set<() => void>();
  scope.defer(() => delayed.forEach((cancel) => cancel()));
  const queue = new WorkQueue(
    scope,
    async (name) => {
      if (await work(name)) return;
      const cancel = clock.after(LOOK_AGAIN_MS, () => {
        delayed.delete(cancel);
        queue.add(name);
      });
      delayed.add(cancel);
    },
    { clock },
  );
  const objects = new Informer<T>(source);
  await objects.start(scope);
  const look = ({ metadata }: KubeObject): void => {
    if (metadata.deletionTimestamp !== undefined) queue.add(metadata.name);
  };
  objects.onChange(scope, { added: look, updated: (_, object) => look(object) });
}
