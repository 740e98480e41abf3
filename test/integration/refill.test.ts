import { expect } from 'chai';
import type { CloudEvents } from '../../src/daemons/cloud/events.ts';
import { EdgeStores } from '../../src/daemons/cloud/synccontroller/edge-stores.ts';
import { SyncController } from '../../src/daemons/cloud/synccontroller/sync-controller.ts';
import { Bus } from '../../src/kernel/bus.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { Informer } from '../../src/kube/informer.ts';
import { STORE_ANNOTATION, STORE_HEADER } from '../../src/protocol/edge-store.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ConfigMap, Node, ObjectSync } from '../../src/protocol/kubernetes.ts';
import type { Message } from '../../src/protocol/message.ts';
import { objectPath } from '../../src/protocol/object-message.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';
import { testScope } from '../helpers/test-scope.ts';

describe('an edge that has lost its store', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  before(async () => {
    cloud = await startCloud();
  });
  after(() => cloud.stop());

  const createDevice = (nodeName: string, name: string): Promise<unknown> =>
    cloud.kube.create(
      RESOURCES.device,
      { metadata: { name, namespace: 'default' }, spec: { nodeName, properties: [] } } as never,
      'default',
    );
  const register = (edge: TestEdge): Promise<Message> => {
    const labels = { 'node-role.kubernetes.io/edge': '' };
    return edge.ask({ operation: 'insert', resource: `default/node/${edge.nodeName}` }, { metadata: { name: edge.nodeName, labels } });
  };
  const syncsOf = async (nodeName: string): Promise<ObjectSync[]> =>
    (await cloud.kube.list<ObjectSync>(RESOURCES.objectSync)).items.filter(({ metadata }) => metadata.name.startsWith(`${nodeName}.`));
  /** `count` ObjectSyncs say that the edge has something. */
  const acknowledged = (nodeName: string, count: number): Promise<unknown> =>
    eventually(async () => {
      const versions = (await syncsOf(nodeName)).map(({ status }) => Number(status?.objectResourceVersion ?? 0));
      return versions.length === count && versions.every((version) => version > 0);
    }, `${count} ObjectSyncs`);
  const devicesIn = (pushes: string[]): string[] => pushes.filter((push) => push.includes('/device/'));

  describe('of kedge', () => {
    const connect = (edge: TestEdge, store: string): Promise<void> => edge.connect(cloud, { headers: { [STORE_HEADER]: store } });

    it('gets everything again, and nothing twice while it has its store', async () => {
      const edge = new TestEdge('edge-1');
      await connect(edge, 'store-0001');
      await register(edge);
      await createDevice('edge-1', 'lamp');
      await createDevice('edge-1', 'fan');
      await acknowledged('edge-1', 2);
      expect((await cloud.kube.get<Node>(RESOURCES.node, 'edge-1')).metadata.annotations).to.include({ [STORE_ANNOTATION]: 'store-0001' });

      // The same store, also after a restart of the cloud: only what is new.
      for (const name of ['third', 'fourth']) {
        await edge.disconnect();
        if (name === 'fourth') await cloud.restart();
        const since = edge.received.length;
        await connect(edge, 'store-0001');
        await createDevice('edge-1', name);
        await edge.pushed('insert', `default/device/${name}`, since);
        expect(devicesIn(edge.pushes(since))).to.deep.equal([`insert default/device/${name}`]);
      }
      await acknowledged('edge-1', 4);

      await edge.disconnect();
      const since = edge.received.length;
      await connect(edge, 'store-0002');
      for (const name of ['lamp', 'fan', 'third', 'fourth']) await edge.pushed('insert', `default/device/${name}`, since);
      await acknowledged('edge-1', 4);
      expect((await cloud.kube.get<Node>(RESOURCES.node, 'edge-1')).metadata.annotations).to.include({ [STORE_ANNOTATION]: 'store-0002' });
      await edge.disconnect();
    });

    it('gets everything again though its Node is not registered yet', async () => {
      const edge = new TestEdge('edge-2');
      await createDevice('edge-2', 'pump');
      for (const store of ['store-0001', 'store-0002']) {
        const since = edge.received.length;
        await connect(edge, store);
        await edge.pushed('insert', 'default/device/pump', since);
        await acknowledged('edge-2', 1);
        await edge.disconnect();
      }
    });
  });

  describe('of KubeEdge', () => {
    it('gets everything again when it starts and registers its Node, and not when it only reconnects', async () => {
      const edge = await TestEdge.connect(cloud, 'edge-3');
      await register(edge);
      await createDevice('edge-3', 'valve');
      await createDevice('edge-3', 'gone');
      await acknowledged('edge-3', 2);
      await edge.disconnect();

      let since = edge.received.length;
      await edge.connect(cloud);
      await createDevice('edge-3', 'meter');
      await edge.pushed('insert', 'default/device/meter', since);
      expect(devicesIn(edge.pushes(since))).to.deep.equal(['insert default/device/meter']);
      await acknowledged('edge-3', 3);
      await edge.disconnect();
      // What it may still have and should not is taken away all the same.
      await cloud.kube.delete(RESOURCES.device, 'gone', 'default');

      edge.acknowledges = false;
      await edge.connect(cloud);
      expect((await register(edge)).content).to.have.nested.property('Err.ErrStatus.reason', 'AlreadyExists');
      // Nothing of the answer is true before this.
      for (const { status, metadata } of await syncsOf('edge-3')) expect(status?.objectResourceVersion, metadata.name).to.equal('0');
      edge.acknowledges = true;
      await edge.disconnect();
      since = edge.received.length;
      await edge.connect(cloud);
      for (const name of ['valve', 'meter']) await edge.pushed('insert', `default/device/${name}`, since);
      await edge.pushed('delete', 'default/device/gone', since);
      await acknowledged('edge-3', 2);
      await edge.disconnect();
    });

    it('that takes the place of one of kedge: what that one had is not believed when it is back', async () => {
      const edge = new TestEdge('edge-4');
      const kedge = { headers: { [STORE_HEADER]: 'store-0001' } };
      await edge.connect(cloud, kedge);
      await register(edge);
      await createDevice('edge-4', 'bell');
      await acknowledged('edge-4', 1);
      for (const [dial, registers] of [
        [{}, true],
        [kedge, false],
      ] as const) {
        await edge.disconnect();
        const since = edge.received.length;
        await edge.connect(cloud, dial);
        if (registers) await register(edge);
        await edge.pushed('insert', 'default/device/bell', since);
        await acknowledged('edge-4', 1);
      }
      await edge.disconnect();
    });
  });

  it('gets everything again though the cloud is killed on the way to believing it', async () => {
    const { kube } = cloud;
    const labels = { app: 'refill' };
    for (const name of ['a', 'b', 'c']) {
      await kube.create<ConfigMap>(RESOURCES.configMap, { metadata: { name, namespace: 'default', labels }, data: {} }, 'default');
    }
    const { items } = await kube.list<ConfigMap>(RESOURCES.configMap, { namespace: 'default', labelSelector: 'app=refill' });
    await kube.create<Node>(RESOURCES.node, { metadata: { name: 'edge-5', annotations: { [STORE_ANNOTATION]: 'store-0001' } } });
    for (const { metadata } of items) {
      const name = `edge-5.${metadata.uid ?? ''}`;
      const spec = { objectAPIVersion: 'v1', objectKind: 'ConfigMap', objectName: metadata.name };
      await kube.create<ObjectSync>(RESOURCES.objectSync, { metadata: { name, namespace: 'default' }, spec }, 'default');
      const target = { name, namespace: 'default', subresource: 'status' } as const;
      await kube.patch(RESOURCES.objectSync, target, { status: { objectResourceVersion: metadata.resourceVersion } }, 'merge');
    }
    /** The modules that take part, on an API of which they get `calls` patches through before they are gone. */
    const live = async (calls: number): Promise<{ sent: string[]; admitted: Promise<void>; end: () => Promise<void> }> => {
      const scope = testScope();
      let left = calls;
      const patch: KubeClient['patch'] = (...args) => (left-- > 0 ? kube.patch(...args) : new Promise(() => undefined));
      const client: KubeClient = {
        get: (...args) => kube.get(...args),
        list: (...args) => kube.list(...args),
        create: (...args) => kube.create(...args),
        createToken: (...args) => kube.createToken(...args),
        update: (...args) => kube.update(...args),
        patch,
        delete: (...args) => kube.delete(...args),
        watch: (...args) => kube.watch(...args),
        raw: (path) => kube.raw(path),
        close: () => undefined,
      };
      const nodes = new Informer<Node>({ client, resource: RESOURCES.node });
      const objectSyncs = new Informer<ObjectSync>({ client, resource: RESOURCES.objectSync });
      const clusterObjectSyncs = new Informer<ObjectSync>({ client, resource: RESOURCES.clusterObjectSync });
      await Promise.all([nodes, objectSyncs, clusterObjectSyncs].map((informer) => informer.start(scope)));
      const sent: string[] = [];
      const sync = new SyncController({
        bus: new Bus<CloudEvents>(),
        clock: systemClock,
        kube: client,
        nodes,
        objectSyncs,
        clusterObjectSyncs,
        kinds: new Set(['ConfigMap']),
        desiredFor: () => items.map((object) => ({ resource: RESOURCES.configMap, object, source: 'edgecontroller' })),
        connectedNodes: () => [],
        send: (_nodeName, { route }) => sent.push(`${route.operation ?? ''} ${route.resource ?? ''}`) > 0,
        onOrphan: () => undefined,
      });
      await sync.start(scope);
      const stores = new EdgeStores({ kube: client, nodes, disconnect: () => undefined, refill: (nodeName) => sync.refill(nodeName) });
      return { sent, admitted: stores.admit('edge-5', 'store-0002'), end: () => scope.end() };
    };
    for (const calls of [0, 1, 2, 3]) {
      const killed = await live(calls);
      let isAdmitted = false;
      void killed.admitted.then(() => (isAdmitted = true));
      await eventually(async () => {
        const { items: syncs } = await kube.list<ObjectSync>(RESOURCES.objectSync, { namespace: 'default' });
        const reset = syncs.filter(({ metadata, status }) => metadata.name.startsWith('edge-5.') && status?.objectResourceVersion === '0');
        return reset.length === calls;
      }, `${calls} records that are not believed`);
      expect(isAdmitted, `after ${calls} writes`).to.equal(false);
      await killed.end();
      for (const { metadata } of items) {
        const target = { name: `edge-5.${metadata.uid ?? ''}`, namespace: 'default', subresource: 'status' } as const;
        // As before, for the next one; only the last may go on from where this one was.
        if (calls < 3)
          await kube.patch(RESOURCES.objectSync, target, { status: { objectResourceVersion: metadata.resourceVersion } }, 'merge');
      }
    }
    const next = await live(10);
    await next.admitted;
    await eventually(() => next.sent.length >= 3, 'the objects');
    expect(next.sent).to.have.members(items.map((object) => `insert ${objectPath(RESOURCES.configMap, object)}`));
    expect((await kube.get<Node>(RESOURCES.node, 'edge-5')).metadata.annotations).to.include({ [STORE_ANNOTATION]: 'store-0002' });
    await next.end();
  });
});
