import { expect } from 'chai';
import { tmpdir } from 'node:os';
import { Edged } from '../../../../../src/daemons/edge/edged/edged.ts';
import type { Ask } from '../../../../../src/daemons/edge/edged/ask.ts';
import type { EdgeEvents } from '../../../../../src/daemons/edge/events.ts';
import { Bus } from '../../../../../src/kernel/bus.ts';
import { KedgeError } from '../../../../../src/kernel/errors.ts';
import type { Answer } from '../../../../../src/protocol/answer.ts';
import type { KubeObject, Lease, Node, Status } from '../../../../../src/protocol/kubernetes.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';
import type { TestScope } from '../../../../helpers/test-scope.ts';

type Request = Parameters<Ask>[0];

const refuse = (reason: string): Answer => ({
  ok: false,
  status: { metadata: {}, status: 'Failure', reason, message: `said ${reason}`, code: 400 } satisfies Status,
});
const give = (content: unknown): Answer => ({ ok: true, content: structuredClone(content) });

/** EdgeController's side of the messages, with one Node and one Lease. It refuses whatever it does not know. */
class Cloud {
  node: Node | undefined;
  lease: Lease | undefined;
  readonly asked: string[] = [];
  readonly contents: unknown[] = [];
  connected = true;
  podDeletion: Answer[] = [];
  #version = 1;

  ask: Ask = async (request) => {
    this.asked.push(`${request.operation} ${request.resource}`);
    this.contents.push(request.content);
    await Promise.resolve();
    return this.#answer(request);
  };

  #answer({ operation, resource, content }: Request): Answer {
    switch (`${operation} ${resource}`) {
      case 'query default/node/edge1':
        return this.node === undefined ? refuse('NotFound') : give(this.node);
      case 'insert default/node/edge1': {
        if (this.node !== undefined) return refuse('AlreadyExists');
        const node = content as Node;
        this.node = { ...node, metadata: { ...node.metadata, uid: `node-${this.#version++}` } };
        return give(this.node);
      }
      case 'patch default/nodepatch/edge1': {
        if (this.node === undefined) return refuse('NotFound');
        const { status } = JSON.parse(content as string) as { status: Record<string, unknown> };
        delete status['$setElementOrder/conditions'];
        this.node = { ...this.node, status: { ...this.node.status, ...status } };
        return give(this.node);
      }
      case 'update default/node/edge1': {
        const { metadata, spec } = content as Node;
        this.node = { ...this.node, metadata: { ...this.node?.metadata, ...metadata }, spec: { ...this.node?.spec, ...spec } };
        return give('OK');
      }
      case 'query kube-node-lease/lease/edge1':
        return this.lease === undefined ? refuse('NotFound') : give(this.lease);
      case 'insert kube-node-lease/lease/edge1':
      case 'update kube-node-lease/lease/edge1': {
        const lease = content as Lease;
        if (operation === 'update' && this.lease === undefined) return refuse('NotFound');
        if (operation === 'update' && lease.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) return refuse('Conflict');
        this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version++) } };
        return give(this.lease);
      }
      case 'delete default/pod/web':
        return this.podDeletion.shift() ?? give('OK');
      default:
        throw new Error(`not expected: ${operation} ${resource}`);
    }
  }
}

describe('Edged without a runtime', () => {
  let scope: TestScope;
  let cloud: Cloud;
  let clock: ManualClock;
  /** What somebody has set the time of day by. */
  let skew: number;
  let bus: Bus<EdgeEvents>;
  let edged: Edged;
  let pods: KubeObject[];

  beforeEach(async () => {
    scope = testScope();
    cloud = new Cloud();
    clock = new ManualClock();
    skew = 0;
    bus = new Bus();
    pods = [];
    edged = new Edged(
      { nodeName: 'edge1', version: '9.9.9', nodeStatusUpdateSeconds: 300, leaseDurationSeconds: 40, dataFolder: tmpdir() },
      {
        bus,
        clock: {
          now: () => clock.now() + skew,
          elapsed: () => clock.elapsed(),
          after: (ms, run) => clock.after(ms, run),
          every: (ms, run) => clock.every(ms, run),
        },
        ask: (request) => cloud.ask(request),
        isConnected: () => cloud.connected,
        localAddress: () => '192.0.2.7',
        getObject: ({ name }) => pods.find(({ metadata }) => metadata.name === name),
        listObjects: () => pods,
      },
    );
    await edged.start(scope);
  });
  afterEach(() => scope.end());

  const nodeReady = (): unknown => edged.status().facts?.['nodeReady'];
  const requests = (text: string): number => cloud.asked.filter((asked) => asked.startsWith(text)).length;
  async function connect(): Promise<void> {
    await bus.emit('cloudConnected', {});
    await eventually(() => nodeReady() === true && cloud.lease !== undefined);
  }

  it('registers the node as KubeEdge does, tainted', async () => {
    await connect();
    const { metadata, spec, status } = cloud.node!;
    const architecture = status?.nodeInfo?.['architecture'] ?? '';
    expect(metadata.labels).to.deep.equal({
      'beta.kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture,
      'kubernetes.io/hostname': 'edge1',
      'kubernetes.io/os': 'linux',
      'node-role.kubernetes.io/agent': '',
      'node-role.kubernetes.io/edge': '',
    });
    expect(metadata.annotations).to.deep.equal({ 'kedge.io/version': '9.9.9' });
    expect(spec?.taints).to.deep.equal([{ key: 'kedge.io/runtime', value: 'none', effect: 'NoSchedule' }]);
    expect(status?.addresses).to.deep.equal([
      { type: 'InternalIP', address: '192.0.2.7' },
      { type: 'Hostname', address: 'edge1' },
    ]);
    expect(status?.nodeInfo?.['kubeletVersion']).to.match(/^v[\d.]+-kubeedge-v[\d.]+$/);
    expect(status?.nodeInfo?.['kernelVersion']).to.not.equal('');
    for (const quantities of [status?.capacity, status?.allocatable]) {
      expect(quantities).to.have.all.keys('cpu', 'memory', 'ephemeral-storage', 'pods');
      expect(Object.values(quantities!).every((quantity) => /^[1-9]\d*(Ki)?$/.test(quantity))).to.equal(true);
    }
    expect(status?.conditions?.map(({ type }) => type)).to.deep.equal(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']);
    expect(status?.conditions?.[3]).to.deep.equal({
      type: 'Ready',
      status: 'True',
      reason: 'EdgeReady',
      message: 'edge is posting ready status',
      lastHeartbeatTime: '2026-11-21T02:39:09Z',
      lastTransitionTime: '2026-11-21T02:39:09Z',
    });
    expect(cloud.asked.slice(0, 3)).to.deep.equal([
      'query default/node/edge1',
      'insert default/node/edge1',
      'patch default/nodepatch/edge1',
    ]);
    expect(requests('update default/node')).to.equal(0);
  });

  it('completes a node that somebody else made, whatever else it holds', async () => {
    cloud.node = {
      metadata: { name: 'edge1', uid: 'made-by-hand', labels: { zone: 'a' } },
      spec: { taints: [{ key: 'other', effect: 'NoExecute' }] },
    };
    await connect();
    await eventually(() => requests('update default/node') === 1);
    await eventually(() => cloud.node?.spec?.taints?.length === 2);
    expect(cloud.node.metadata.labels).to.include({ zone: 'a', 'node-role.kubernetes.io/edge': '' });
    expect(cloud.node.spec?.taints?.map(({ key }) => key)).to.deep.equal(['other', 'kedge.io/runtime']);
    expect(cloud.lease?.metadata.ownerReferences).to.deep.equal([{ apiVersion: 'v1', kind: 'Node', name: 'edge1', uid: 'made-by-hand' }]);
  });

  it('renews the lease four times in its life', async () => {
    await connect();
    const before = cloud.lease?.metadata.resourceVersion;
    expect(cloud.lease?.spec).to.deep.include({ holderIdentity: 'edge1', leaseDurationSeconds: 40 });
    for (let renewals = 1; renewals <= 3; renewals += 1) {
      clock.advance(10_000);
      await eventually(() => requests('update kube-node-lease') === renewals);
    }
    expect(cloud.lease?.spec?.renewTime).to.equal('2026-11-21T02:39:39.123000Z');
    expect(cloud.lease?.metadata.resourceVersion).to.not.equal(before);
    expect(requests('query kube-node-lease')).to.equal(1);
  });

  it('reads a lease again that somebody has touched', async () => {
    await connect();
    cloud.lease!.metadata.resourceVersion = '999';
    clock.advance(10_000);
    // The retry of the work queue runs on the same clock.
    await eventually(() => {
      clock.advance(100);
      return cloud.lease?.metadata.resourceVersion !== '999';
    });
  });

  it('posts its status again when it is old, and not before', async () => {
    await connect();
    const patches = requests('patch default/nodepatch');
    for (let renewals = 1; renewals <= 29; renewals += 1) {
      clock.advance(10_000);
      await eventually(() => requests('update kube-node-lease') === renewals);
    }
    expect(requests('patch default/nodepatch')).to.equal(patches);
    clock.advance(10_000);
    await eventually(() => requests('patch default/nodepatch') === patches + 1);
  });

  it('posts its status after the clock was set back', async () => {
    await connect();
    const patches = requests('patch default/nodepatch');
    skew = -86_400_000;
    clock.advance(10_000);
    await eventually(() => requests('patch default/nodepatch') === patches + 1);
  });

  it('posts its status when its lease was renewed late, for the node may have been given up meanwhile', async () => {
    await connect();
    const { ask } = cloud;
    let failures = 0;
    cloud.ask = () => {
      failures += 1;
      return Promise.resolve(refuse('ServiceUnavailable'));
    };
    const patches = requests('patch default/nodepatch');
    clock.advance(30_000);
    await eventually(() => failures > 0);
    cloud.ask = ask;
    await eventually(() => {
      clock.advance(1_000);
      return requests('patch default/nodepatch') > patches;
    });
  });

  it('registers the node again that was deleted in the cloud', async () => {
    await connect();
    cloud.node = undefined;
    cloud.lease = undefined;
    await bus.emit('cloudDisconnected', {});
    expect(nodeReady()).to.equal(false);
    await bus.emit('cloudConnected', {});
    await eventually(() => {
      clock.advance(100);
      return nodeReady() === true && cloud.lease?.metadata.ownerReferences?.[0]?.uid === cloud.node?.metadata.uid;
    });
  });

  it('keeps the time of a transition and tells a new one', async () => {
    await connect();
    const ready = (): { status: string; lastTransitionTime?: string; lastHeartbeatTime?: string } | undefined =>
      cloud.node?.status?.conditions?.find(({ type }) => type === 'Ready');
    clock.advance(60_000);
    await connect();
    await eventually(() => ready()?.lastHeartbeatTime === '2026-11-21T02:40:09Z');
    expect(ready()?.lastTransitionTime).to.equal('2026-11-21T02:39:09Z');
    // The control plane's node lifecycle.
    ready()!.status = 'Unknown';
    clock.advance(60_000);
    await connect();
    await eventually(() => ready()?.status === 'True');
    expect(ready()?.lastTransitionTime).to.equal('2026-11-21T02:41:09Z');
  });

  it('leaves the port alone that CloudStream has put there', async () => {
    await connect();
    cloud.node!.status!.daemonEndpoints = { kubeletEndpoint: { Port: 10351 } };
    const patches = requests('patch');
    await bus.emit('cloudConnected', {});
    await eventually(() => requests('patch') > patches);
    expect(cloud.node?.status?.daemonEndpoints).to.deep.equal({ kubeletEndpoint: { Port: 10351 } });
  });

  describe('pods', () => {
    const dying = (): KubeObject => ({
      metadata: { name: 'web', namespace: 'default', uid: 'p1', deletionTimestamp: '2026-11-21T02:39:00Z' },
    });
    const stored = (object: KubeObject): Promise<void> =>
      bus.emit('objectStored', { namespace: 'default', type: 'pod', name: object.metadata.name, object });

    it('confirms a deletion until the cloud has heard it', async () => {
      cloud.podDeletion = [refuse('InternalError')];
      pods = [dying()];
      await stored(dying());
      await eventually(() => {
        clock.advance(1_000);
        return requests('delete') === 2;
      });
      expect(cloud.contents.at(-1)).to.deep.equal({ gracePeriodSeconds: 0, preconditions: { uid: 'p1' } });
    });

    it('leaves living pods pending and forgets those that are gone', async () => {
      await stored({ metadata: { name: 'web', namespace: 'default', uid: 'p1' } });
      await stored(dying());
      await connect();
      expect(requests('delete')).to.equal(0);
    });

    it('asks no more about a pod that the cloud does not have', async () => {
      cloud.podDeletion = [refuse('NotFound')];
      pods = [dying()];
      await stored(dying());
      await eventually(() => requests('delete') === 1);
      clock.advance(60_000);
      expect(requests('delete')).to.equal(1);
    });

    it('confirms what was stored while the cloud was away', async () => {
      cloud.connected = false;
      pods = [dying()];
      await stored(dying());
      expect(requests('delete')).to.equal(0);
      cloud.connected = true;
      await connect();
      await eventually(() => requests('delete') === 1);
    });

    it('tries again after the connection broke', async () => {
      pods = [dying()];
      const { ask } = cloud;
      cloud.ask = () => Promise.reject(new KedgeError('UNREACHABLE', 'gone'));
      await stored(dying());
      cloud.ask = ask;
      await eventually(() => {
        clock.advance(1_000);
        return requests('delete') === 1;
      });
    });
  });
});
