import { expect } from 'chai';
import type { Logger } from '../../src/kernel/log.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { KubeObject, Node, Pod } from '../../src/protocol/kubernetes.ts';
import { isRecord } from '../../src/protocol/message.ts';
import type { Route } from '../../src/protocol/message.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

const MIRROR = { 'kubernetes.io/config.mirror': 'x' };
const container = (rest: object = {}): object => ({ name: 'c', image: 'busybox', ...rest });
const podOf = (name: string, nodeName: string, spec: object = {}, annotations: Record<string, string> = {}): Pod => ({
  metadata: { name, namespace: 'default', annotations },
  spec: { nodeName, automountServiceAccountToken: false, containers: [container()] as { name: string }[], ...spec },
});

/** What an answer says: `ok`, or the reason of its error. */
function outcome(content: unknown): string {
  const { Err, ErrStatus = isRecord(Err) ? Err['ErrStatus'] : undefined } = isRecord(content) ? content : {};
  return isRecord(ErrStatus) ? String(ErrStatus['reason']) : 'ok';
}

describe('what an edge may read and write', function () {
  this.timeout(30_000);
  let cloud: TestCloud;
  let edge: TestEdge;
  const warnings: Record<string, unknown>[] = [];
  const log: Logger = { ...silentLogger, warn: (fields) => warnings.push({ ...fields }), child: () => log };
  const ask = async (operation: string, resource: string, content: unknown = null): Promise<string> =>
    outcome((await edge.ask({ operation, resource }, content)).content);

  before(async () => {
    cloud = await startCloud({ log });
    const { kube } = cloud;
    const names = ['by-env', 'by-volume', 'by-projection', 'of-other', 'of-nobody'];
    for (const name of names) {
      await kube.create(RESOURCES.configMap, { metadata: { name } }, 'default');
      await kube.create(RESOURCES.secret, { metadata: { name } }, 'default');
    }
    await kube.create(RESOURCES.namespace, { metadata: { name: 'elsewhere' } });
    await kube.create(RESOURCES.configMap, { metadata: { name: 'by-env' } }, 'elsewhere');
    const volumes = [
      { name: 'a', configMap: { name: 'by-volume' } },
      { name: 'b', secret: { secretName: 'by-volume' } },
      { name: 'c', projected: { sources: [{ configMap: { name: 'by-projection' } }, { secret: { name: 'by-projection' } }] } },
    ];
    const envFrom = [{ configMapRef: { name: 'by-env' } }, { secretRef: { name: 'by-env' } }, { configMapRef: { name: 'missing' } }];
    await kube.create(RESOURCES.pod, podOf('mine', 'edge1', { volumes, containers: [container({ envFrom })] }), 'default');
    const theirs = [{ configMapRef: { name: 'of-other' } }, { secretRef: { name: 'of-other' } }];
    await kube.create(RESOURCES.pod, podOf('theirs', 'edge2', { containers: [container({ envFrom: theirs })] }), 'default');
    const pretended = podOf(
      'pretended',
      'edge1',
      { containers: [container({ envFrom: [{ configMapRef: { name: 'of-nobody' } }] })] },
      MIRROR,
    );
    await kube.create(RESOURCES.pod, pretended, 'default');
    edge = await TestEdge.connect(cloud, 'edge1');
    await edge.pushed('insert', 'default/pod/mine');
    await edge.pushed('insert', 'default/pod/pretended');
    for (const name of ['edge1', 'edge2']) {
      const labels = { 'node-restriction.kubernetes.io/zone': 'safe' };
      await kube.create(RESOURCES.node, { metadata: { name, labels } });
    }
  });
  after(async () => {
    await edge.disconnect();
    await cloud.stop();
  });

  for (const kind of ['configmap', 'secret']) {
    it(`reads a ${kind} that its own pods refer to, and no other`, async () => {
      for (const name of ['by-env', 'by-volume', 'by-projection'])
        expect(await ask('query', `default/${kind}/${name}`), name).to.equal('ok');
      for (const name of ['of-other', 'of-nobody', 'unheard-of']) {
        expect(await ask('query', `default/${kind}/${name}`), name).to.equal('Forbidden');
      }
      expect(await ask('query', `elsewhere/${kind}/by-env`)).to.equal('Forbidden');
    });
  }

  it('hears that a ConfigMap is missing only where its pods refer to it', async () => {
    expect(await ask('query', 'default/configmap/missing')).to.equal('NotFound');
  });

  it('loses the right with the pod, and gets it with a new one', async () => {
    const { kube } = cloud;
    const pod = podOf('brief', 'edge1', { containers: [container({ envFrom: [{ secretRef: { name: 'of-nobody' } }] })] });
    await kube.create(RESOURCES.pod, pod, 'default');
    await edge.pushed('insert', 'default/pod/brief');
    expect(await ask('query', 'default/secret/of-nobody')).to.equal('ok');
    await kube.delete(RESOURCES.pod, 'brief', 'default', { gracePeriodSeconds: 0 });
    await edge.pushed('delete', 'default/pod/brief');
    expect(await ask('query', 'default/secret/of-nobody')).to.equal('Forbidden');
  });

  it("answers in the words of Kubernetes' node authorizer, and logs the refusal with the node's name", async () => {
    const before = warnings.length;
    const { content } = await edge.ask({ operation: 'query', resource: 'default/secret/of-other' });
    const text =
      'secrets "of-other" is forbidden: User "system:node:edge1" cannot get resource "secrets" in API group "" in the namespace "default": ' +
      "no relationship found between node 'edge1' and this object";
    const details = { name: 'of-other', kind: 'secrets' };
    expect(content).to.deep.equal({
      ErrStatus: { metadata: {}, status: 'Failure', message: text, reason: 'Forbidden', details, code: 403 },
    });
    expect(warnings[before]).to.include({ node: 'edge1', resource: 'default/secret/of-other', operation: 'query' });
  });

  it('changes no pod, Node or Lease but its own', async () => {
    const status = JSON.stringify({ status: { phase: 'Failed' } });
    const lease = (name: string): KubeObject => ({ metadata: { name, namespace: 'kube-node-lease' } });
    const refused: [string, string, unknown?][] = [
      ['patch', 'default/podpatch/theirs', status],
      ['delete', 'default/pod/theirs', {}],
      ['query', 'default/node/edge2'],
      ['update', 'default/node/edge2', { metadata: { name: 'edge2', labels: { a: 'b' } } }],
      ['patch', 'default/nodepatch/edge2', '{}'],
      ['insert', 'default/node/edge3', { metadata: { name: 'edge3' } }],
      ['update', 'default/nodestatus/edge2', { Status: {} }],
      ['insert', 'kube-node-lease/lease/edge2', lease('edge2')],
      ['update', 'kube-node-lease/lease/edge2', lease('edge2')],
      ['query', 'kube-node-lease/lease/edge2'],
      ['insert', 'default/lease/edge1', lease('edge1')],
      ['insert', 'default/pod/new', podOf('new', 'edge1')],
      ['insert', 'default/pod/new', podOf('new', 'edge2', {}, MIRROR)],
      ['insert', 'default/pod/new', podOf('new', 'edge1', { volumes: [{ name: 'a', secret: { secretName: 'of-other' } }] }, MIRROR)],
      ['insert', 'default/pod/new', podOf('new', 'edge1', { serviceAccountName: 'default' }, MIRROR)],
      ['insert', 'default/pod/new', podOf('new', 'edge1', { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'c' } }] }, MIRROR)],
    ];
    for (const [operation, resource, content] of refused) {
      expect(await ask(operation, resource, content), `${operation} ${resource}`).to.equal('Forbidden');
    }
    expect(await ask('insert', 'default/node/edge1', { metadata: { name: 'edge2' } })).to.equal('Invalid');
    expect(await ask('insert', 'default/pod/new', podOf('other', 'edge1', {}, MIRROR))).to.equal('Invalid');
    expect((await cloud.kube.get<Pod>(RESOURCES.pod, 'theirs', 'default')).status?.phase).to.equal('Pending');
    const pods = await cloud.kube.list(RESOURCES.pod, { namespace: 'default' });
    expect(pods.items.map(({ metadata }) => metadata.name).sort()).to.deep.equal(['mine', 'pretended', 'theirs']);
    const allowed: [string, string, unknown?][] = [
      ['patch', 'default/podpatch/mine', JSON.stringify({ status: { phase: 'Running' } })],
      ['insert', 'kube-node-lease/lease/edge1', lease('edge1')],
      ['query', 'kube-node-lease/lease/edge1'],
      ['insert', 'default/pod/static', podOf('static', 'edge1', {}, MIRROR)],
      ['delete', 'default/pod/static', {}],
    ];
    for (const [operation, resource, content] of allowed) {
      expect(await ask(operation, resource, content), `${operation} ${resource}`).to.equal('ok');
    }
  });

  it("leaves what is the administrator's on its own Node alone", async () => {
    const metadata = {
      name: 'edge1',
      labels: { 'node-restriction.kubernetes.io/zone': 'open', 'a.node-restriction.kubernetes.io/b': 'c', $patch: 'replace', own: 'yes' },
      annotations: { note: 'here' },
      finalizers: ['kedge.io/for-ever'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'edge2', uid: 'x' }],
    };
    const spec = { unschedulable: true, taints: [] };
    expect(await ask('update', 'default/node/edge1', { metadata, spec })).to.equal('ok');
    expect(await ask('patch', 'default/nodepatch/edge1', JSON.stringify({ metadata, spec, status: { phase: 'Running' } }))).to.equal('ok');
    const node = await cloud.kube.get<Node>(RESOURCES.node, 'edge1');
    expect(node.metadata.labels).to.deep.equal({ 'node-restriction.kubernetes.io/zone': 'safe', own: 'yes' });
    expect(node.metadata.annotations).to.include({ note: 'here' });
    expect(node.metadata).not.to.have.any.keys('finalizers', 'ownerReferences');
    expect(node.spec ?? {}).not.to.have.any.keys('unschedulable');
    await cloud.kube.delete(RESOURCES.node, 'edge1');
    await edge.connect(cloud);
    expect(await ask('insert', 'default/node/edge1', { metadata, spec: {} })).to.equal('ok');
    const made = await cloud.kube.get<Node>(RESOURCES.node, 'edge1');
    expect(made.metadata.labels).to.deep.equal({ own: 'yes' });
    expect(made.metadata).not.to.have.any.keys('finalizers', 'ownerReferences');
  });

  it('holds up no deletion with its Lease', async () => {
    const { uid = '' } = (await cloud.kube.get<Node>(RESOURCES.node, 'edge1')).metadata;
    const owner = (kind: string, name: string) => ({ apiVersion: 'v1', kind, name, uid, blockOwnerDeletion: true });
    const ownerReferences = [owner('Node', 'edge1'), owner('Node', 'edge2'), owner('Namespace', 'default')];
    const lease = { metadata: { name: 'edge1', namespace: 'kube-node-lease', finalizers: ['example.org/hold'], ownerReferences } };
    const stored = async (): Promise<KubeObject> => cloud.kube.get(RESOURCES.lease, 'edge1', 'kube-node-lease');
    await cloud.kube.delete(RESOURCES.lease, 'edge1', 'kube-node-lease').catch(() => undefined);
    expect(await ask('insert', 'kube-node-lease/lease/edge1', lease)).to.equal('ok');
    const { metadata } = await stored();
    expect([metadata.finalizers, metadata.ownerReferences]).to.deep.equal([undefined, [owner('Node', 'edge1')]]);
    const { resourceVersion } = metadata;
    expect(await ask('update', 'kube-node-lease/lease/edge1', { metadata: { ...lease.metadata, resourceVersion } })).to.equal('ok');
    expect((await stored()).metadata).to.not.have.property('finalizers');
  });

  it('fills no disk with events: what is too much is refused, to it alone', async () => {
    const tell = async (from: TestEdge, name: string, message: string): Promise<void> => {
      const involvedObject = { kind: 'Node', name: from.nodeName, namespace: '' };
      const event = { metadata: { name, namespace: 'default' }, involvedObject, message, reason: 'Test', type: 'Normal' };
      from.tell({ operation: 'insert', resource: `default/event/${name}` }, event);
      // Of its events an edge hears nothing: what comes next tells that this one was handled.
      await from.ask({ operation: 'query', resource: `default/node/${from.nodeName}` });
    };
    const other = await TestEdge.connect(cloud, 'edge2');
    for (let count = 0; count < 6; count += 1) await tell(edge, `large-${count}`, 'x'.repeat(1024 * 1024));
    await tell(other, 'small', 'x');
    const stored = await eventually(async () => {
      const { items } = await cloud.kube.list(RESOURCES.event, { namespace: 'default' });
      return items.some(({ metadata }) => metadata.name === 'small') ? items.map(({ metadata }) => metadata.name) : undefined;
    }, 'the event of the other edge');
    expect(stored.filter((name) => name.startsWith('large'))).to.deep.equal(['large-0', 'large-1', 'large-2']);
    await eventually(() => warnings.some(({ resource }) => resource === 'default/event/large-5'), 'the line in the log');
    await other.disconnect();
  });

  it('cannot name what is no name', async () => {
    const before = warnings.length;
    for (const resource of [
      'default/pod/..',
      '../pod/mine',
      'default/configmap/by-env/x',
      'Default/secret/by-env',
      'default/secret/%2e%2e',
    ]) {
      const route: Partial<Route> = { operation: 'query', resource };
      edge.tell(route, null);
    }
    await eventually(() => warnings.length >= before + 5, 'five warnings');
    expect(await ask('query', 'default/node/edge1')).to.equal('ok');
  });
});
