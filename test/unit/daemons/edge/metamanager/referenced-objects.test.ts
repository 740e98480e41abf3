import { expect } from 'chai';
import type { EdgeEvents } from '../../../../../src/daemons/edge/events.ts';
import { ReferencedObjects } from '../../../../../src/daemons/edge/metamanager/referenced-objects.ts';
import { Bus } from '../../../../../src/kernel/bus.ts';
import type { KubeObject } from '../../../../../src/protocol/kubernetes.ts';
import { formatResource } from '../../../../../src/protocol/resource.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';
import type { TestScope } from '../../../../helpers/test-scope.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const envFrom = [{ configMapRef: { name: 'cm1' } }, { secretRef: { name: 'sec1' } }];
const pod = (metadata: object = {}, spec: object = { containers: [{ name: 'c', envFrom }] }): KubeObject =>
  ({ metadata: { name: 'web', namespace: 'default', ...metadata }, spec }) as KubeObject;

describe("what pods of KubeEdge's cloud refer to", () => {
  let clock: ManualClock;
  let scope: TestScope;
  let bus: Bus<EdgeEvents>;
  let asked: string[];
  let stored: Set<string>;
  let isKedgeCloud: boolean;
  let isConnected: boolean;
  let pods: KubeObject[];
  let isAway: boolean;

  beforeEach(() => {
    clock = new ManualClock();
    scope = testScope();
    bus = new Bus();
    asked = [];
    stored = new Set();
    pods = [];
    [isKedgeCloud, isConnected, isAway] = [false, true, false];
    new ReferencedObjects({
      bus,
      clock,
      isConnected: () => isConnected,
      isKedgeCloud: () => isKedgeCloud,
      get: (path) => (stored.has(formatResource(path)) ? pod() : undefined),
      list: () => pods,
      query: (resource) => {
        asked.push(resource);
        return isAway ? Promise.reject(new Error('away')) : Promise.resolve({ ok: true, content: null });
      },
    }).start(scope);
  });
  afterEach(() => scope.end());
  const store = (object: KubeObject, type = 'pod'): Promise<void> =>
    bus.emit('objectStored', { namespace: 'default', type, name: 'web', object });

  it('is asked of it when they come', async () => {
    await store(pod());
    await settle();
    expect(asked).to.deep.equal(['default/configmap/cm1', 'default/secret/sec1']);
  });

  it('is asked of it at each connection, but for what is here', async () => {
    pods.push(pod());
    stored.add('default/configmap/cm1');
    await bus.emit('cloudConnected', {});
    await settle();
    expect(asked).to.deep.equal(['default/secret/sec1']);
  });

  it('is asked again when there was no answer, and not while the cloud is away', async () => {
    isAway = true;
    await store(pod({}, { containers: [{ name: 'c', envFrom: envFrom.slice(0, 1) }] }));
    await settle();
    isAway = false;
    clock.advance(1_000);
    await settle();
    expect(asked).to.have.length(2);
    clock.advance(600_000);
    isConnected = false;
    await store(pod());
    await settle();
    expect(asked).to.have.length(2);
  });

  it("is not asked of kedge's cloud, nor for pods that end, nor for other objects, nor for what cannot be read", async () => {
    await store(pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }));
    await store(pod(), 'configmap');
    await store(pod({}, { containers: 5 }));
    isKedgeCloud = true;
    await store(pod());
    await settle();
    expect(asked).to.deep.equal([]);
  });
});
