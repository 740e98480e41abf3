import { expect } from 'chai';
import type { CloudEvents } from '../../../../../src/daemons/cloud/events.ts';
import { SyncController } from '../../../../../src/daemons/cloud/synccontroller/sync-controller.ts';
import { Bus } from '../../../../../src/kernel/bus.ts';
import type { KubeClient } from '../../../../../src/kube/client.ts';
import { Informer } from '../../../../../src/kube/informer.ts';
import type { ChangeHandlers } from '../../../../../src/kube/object-cache.ts';
import type { KubeObject, Node, ObjectSync } from '../../../../../src/protocol/kubernetes.ts';
import type { Message } from '../../../../../src/protocol/message.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const SYNC: ObjectSync = {
  metadata: { name: 'edge.1.uid-1', namespace: 'default' },
  spec: { objectAPIVersion: 'v1', objectKind: 'ConfigMap', objectName: 'c' },
  status: { objectResourceVersion: '5' },
};

/** An informer that follows nobody and holds these objects. */
class Still<T extends KubeObject> extends Informer<T> {
  readonly #objects: readonly T[];
  constructor(objects: readonly T[], resource: ConstructorParameters<typeof Informer>[0]['resource']) {
    super({ client: silentApi, resource });
    this.#objects = objects;
  }
  override onChange(_scope: unknown, handlers: ChangeHandlers<T>): void {
    for (const object of this.#objects) handlers.added?.(object);
  }
}

/** An API that takes requests and never answers. */
const silentApi = { delete: () => new Promise<void>(() => undefined) } as unknown as KubeClient;

describe('SyncController', () => {
  it('does not delete again what the edge has confirmed, while the API is slow to take that', async () => {
    const scope = testScope();
    const clock = new ManualClock();
    const bus = new Bus<CloudEvents>();
    const sent: Message[] = [];
    const resource = { group: '', version: 'v1', plural: 'x', kind: 'X', namespaced: true };
    const controller = new SyncController({
      bus,
      clock,
      kube: silentApi,
      objectSyncs: new Still([SYNC], resource),
      clusterObjectSyncs: new Still<ObjectSync>([], resource),
      nodes: new Still<Node>([], resource),
      kinds: new Set(['ConfigMap']),
      desiredFor: () => [],
      connectedNodes: () => ['edge.1'],
      send: (_nodeName, message) => sent.push(message) > 0,
      onOrphan: () => undefined,
    });
    await controller.start(scope);
    clock.advance(5_000);
    await settle();
    expect(sent.map(({ route }) => `${route.operation ?? ''} ${route.resource ?? ''}`)).to.deep.equal(['delete default/configmap/c']);
    await bus.emit('messageAcked', { nodeName: 'edge.1', message: sent[0]! });
    clock.advance(20_000);
    await settle();
    expect(sent).to.have.length(1);
    expect(controller.status().queues).to.deep.equal({ unsaved: 1 });
    await scope.end();
  });
});
