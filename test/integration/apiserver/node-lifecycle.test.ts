import { expect } from 'chai';
import type { Clock } from '../../../src/kernel/clock.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { KubeList, Node } from '../../../src/protocol/kubernetes.ts';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';

const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** A clock that the test moves; only the repeated timers follow it, so that sockets keep their own time. */
function movableClock(): Clock & { advance(seconds: number): void; jump(seconds: number): void } {
  const timers = new Set<{ every: number; next: number; run: () => void }>();
  let now = Date.parse('2026-06-01T12:00:00Z');
  let jumped = 0;
  return {
    now: () => now + jumped,
    elapsed: () => now,
    jump: (seconds) => (jumped += seconds * 1000),
    after: (ms, run) => systemClock.after(ms, run),
    every: (ms, run) => {
      const timer = { every: ms, next: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (seconds) => {
      const end = now + seconds * 1000;
      for (;;) {
        const [due] = [...timers].filter(({ next }) => next <= end).sort((a, b) => a.next - b.next);
        if (due === undefined) break;
        now = due.next;
        due.next += due.every;
        due.run();
      }
      now = end;
    },
  };
}

describe('node lifecycle', () => {
  let controlPlane: TestControlPlane;
  let clock: ReturnType<typeof movableClock>;
  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    send(controlPlane.credentials, method, path, { body, ...(headers && { headers }) });
  const node = async (): Promise<Node> => (await ask('GET', '/api/v1/nodes/edge')).body as Node;
  const ready = async () => (await node()).status?.conditions?.find(({ type }) => type === 'Ready');
  const taints = async () => ((await node()).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  const heartbeat = (status: string, at: string) => {
    const conditions = [{ type: 'Ready', status, reason: 'EdgeReady', lastHeartbeatTime: at, lastTransitionTime: at }];
    return ask('PATCH', '/api/v1/nodes/edge/status', { status: { conditions } }, STRATEGIC);
  };

  beforeEach(async () => {
    clock = movableClock();
    controlPlane = await startControlPlane({ clock });
    await ask('POST', '/api/v1/nodes', { metadata: { name: 'edge' } });
  });
  afterEach(() => controlPlane.stop());

  /** Lets the controller see all that was written so far: what it does with a marker node comes after it. */
  const settled = async (): Promise<void> => {
    const conditions = [{ type: 'Ready', status: 'False' }];
    await ask('POST', '/api/v1/nodes', { metadata: { name: 'marker' }, status: { conditions } });
    await eventually(async () => {
      const { body } = await ask('GET', '/api/v1/nodes/marker');
      return (body as Node).spec?.taints?.length === 1;
    }, 'the marker node to be seen');
    await ask('DELETE', '/api/v1/nodes/marker');
  };

  it('makes a silent node Unknown after 40 s, tainted, and lets it come back', async () => {
    // The edge's clock is years behind: what counts is when a heartbeat was seen here.
    await heartbeat('True', '2020-01-01T00:00:00Z');
    await settled();
    clock.advance(39);
    expect((await ready())?.status).to.equal('True');
    clock.advance(6);
    const unknown = await eventually(async () => {
      const condition = await ready();
      return condition?.status === 'Unknown' ? condition : undefined;
    }, 'the node to be Unknown');
    expect([unknown.reason, unknown.message, unknown.lastHeartbeatTime]).to.deep.equal([
      'NodeStatusUnknown',
      'Kubelet stopped posting node status.',
      '2020-01-01T00:00:00Z',
    ]);
    expect(unknown.lastTransitionTime).to.match(/^2026-06-01T12:00:4[05]Z$/);
    await eventually(async () => (await taints()).join() === 'node.kubernetes.io/unreachable:NoSchedule', 'the taint');
    await heartbeat('True', '2020-01-01T00:01:00Z');
    await eventually(async () => (await taints()).length === 0, 'the taint to go');
    expect((await ready())?.status).to.equal('True');
  });

  it("leaves the nodes alone when this machine's time jumps", async () => {
    await heartbeat('True', '2026-06-01T12:00:00Z');
    await settled();
    for (const hours of [1, -2]) {
      clock.jump(hours * 3600);
      clock.advance(15);
      await settled();
      expect((await ready())?.status).to.equal('True');
    }
    // And back in the past, silence is still seen.
    clock.advance(20);
    await eventually(async () => (await ready())?.status === 'Unknown', 'the node to be Unknown');
  });

  it('lets a renewed Lease stand for a heartbeat', async () => {
    await heartbeat('True', '2026-06-01T12:00:00Z');
    await ask('POST', LEASES, { metadata: { name: 'edge' }, spec: { renewTime: '2026-06-01T12:00:00.000000Z' } });
    await settled();
    for (let second = 30; second <= 120; second += 30) {
      clock.advance(30);
      const { body } = await ask('GET', `${LEASES}/edge`);
      await ask('PUT', `${LEASES}/edge`, { ...body, spec: { renewTime: `2026-06-01T12:0${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}.000000Z` } }); // prettier-ignore
      await settled();
    }
    expect((await ready())?.status).to.equal('True');
    clock.advance(46);
    await eventually(async () => (await ready())?.status === 'Unknown', 'the node to be Unknown');
  });

  it('removes the Lease of a deleted node, which nobody can renew then, and no other', async () => {
    const { metadata } = await node();
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'edge', uid: metadata.uid };
    const { body: lease } = await ask('POST', LEASES, { metadata: { name: 'edge', ownerReferences: [owner] }, spec: {} });
    await ask('POST', LEASES, { metadata: { name: 'other' }, spec: {} });
    await ask('DELETE', '/api/v1/nodes/edge');
    await eventually(async () => (await ask('GET', `${LEASES}/edge`)).code === 404, 'the lease to go');
    const renewed = await ask('PUT', `${LEASES}/edge`, lease);
    expect([renewed.code, (renewed.body as { reason?: string }).reason]).to.deep.equal([409, 'Conflict']);
    expect((await ask('GET', `${LEASES}/other`)).code).to.equal(200);
  });

  it('taints a node that says that it is not ready, and says of one that never spoke that it never did', async () => {
    await heartbeat('False', '2026-06-01T12:00:00Z');
    await eventually(async () => (await taints()).join() === 'node.kubernetes.io/not-ready:NoSchedule', 'the taint');
    await ask('POST', '/api/v1/nodes', { metadata: { name: 'mute' } });
    await settled();
    clock.advance(46);
    const condition = await eventually(async () => {
      const { body } = await ask('GET', '/api/v1/nodes/mute');
      return (body as Node).status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'Unknown');
    }, 'the mute node to be Unknown');
    expect([condition.reason, condition.message]).to.deep.equal(['NodeStatusNeverUpdated', 'Kubelet never posted node status.']);
  });

  it('removes the pods of a deleted node, unless it comes back within 40 s', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const pod = (name: string, nodeName: string) => ({ metadata: { name }, spec: { nodeName, containers: [{ name: 'c', image: 'i' }] } });
    const names = async () => ((await ask('GET', pods)).body as KubeList).items.map(({ metadata }) => metadata.name).join();
    for (const [name, nodeName] of [['left', 'edge'], ['kept', 'back'], ['last', 'gone']] as const) await ask('POST', pods, pod(name, nodeName)); // prettier-ignore
    /** One look of the collector, of which there is no trace until the quarantine is over. */
    const look = async (): Promise<void> => {
      clock.advance(20);
      await settled();
    };
    await look();
    await ask('POST', '/api/v1/nodes', { metadata: { name: 'back' } });
    await look();
    expect(await names()).to.equal('kept,last,left');
    await look();
    await eventually(async () => (await names()) === 'kept,left', 'the pod of the node that never came to go');
    await ask('DELETE', '/api/v1/nodes/edge');
    for (let looks = 0; looks < 3; looks += 1) await look();
    await eventually(async () => (await names()) === 'kept', 'the pod of the deleted node to go');
  });
});
