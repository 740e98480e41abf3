import { expect } from 'chai';
import fc from 'fast-check';
import { definitionFor } from '../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';
import { builtinDefaults } from '../../../src/daemons/controlplane/apiserver/schema/builtin-defaults.ts';
import { applyPatch, PatchError, type PatchKind } from '../../../src/daemons/controlplane/apiserver/schema/patch.ts';
import { semanticEqual } from '../../../src/daemons/controlplane/apiserver/schema/semantic-equal.ts';
import { decodeObject } from '../../../src/daemons/controlplane/apiserver/schema/validate.ts';
import type { Credentials } from '../../../src/kube/credentials.ts';
import { RESOURCES, type ApiResource, type KubeObject, type Status } from '../../../src/protocol/kubernetes.ts';
import { credentialsIn, send } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';

const NODES = '/api/v1/nodes';
const PODS = '/api/v1/namespaces/default/pods';
const MEDIA_TYPES: Record<PatchKind, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const conditionTypes = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
const addressTypes = ['InternalIP', 'ExternalIP', 'Hostname'];
const distinct = (types: string[], make: (type: string) => fc.Arbitrary<object>): fc.Arbitrary<object[]> =>
  fc.shuffledSubarray(types).chain((chosen) => fc.tuple(...chosen.map(make)));
const order = (types: string[]): fc.Arbitrary<object[]> =>
  fc.shuffledSubarray(types, { minLength: types.length }).map((list) => list.map((type) => ({ type })));
const condition = (type: string): fc.Arbitrary<object> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant(type),
        status: fc.constantFrom('True', 'False', 'Unknown'),
        reason: fc.constantFrom('A', 'B'),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ type, $patch: 'delete' }) },
  );
const address = (type: string): fc.Arbitrary<object> =>
  fc.record({ type: fc.constant(type), address: fc.constantFrom('10.0.0.1', '10.0.0.2', 'edge') });
const quantities = fc.dictionary(fc.constantFrom('cpu', 'memory', 'pods'), fc.constantFrom('1', '2', '4Gi', null));
const nodePatch = fc.record(
  {
    conditions: distinct(conditionTypes, condition),
    '$setElementOrder/conditions': order(conditionTypes),
    addresses: distinct(addressTypes, address),
    capacity: quantities,
    nodeInfo: fc.record({ kubeletVersion: fc.constantFrom('v1', 'v2'), machineID: fc.constant('m') }),
  },
  { requiredKeys: [] },
);
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', null));
const finalizers = fc.shuffledSubarray(['x.io/a', 'x.io/b', 'x.io/c', 'x.io/d']);
// Not both at once: which of them Go applies first is chance.
const metadataPatch = fc
  .tuple(
    fc.record({ labels, annotations: labels }, { requiredKeys: [] }),
    fc.oneof(fc.record({ finalizers }), fc.record({ '$deleteFromPrimitiveList/finalizers': finalizers })),
  )
  .map(([maps, lists]) => ({ ...maps, ...lists }));

describe('patches do what a real API server does', function () {
  this.timeout(120_000);
  let real: RealApiServer | undefined;
  let credentials: Credentials;

  before(async function () {
    needs(this, 'a Kubernetes API server', 'openssl');
    real = await startRealApiServer();
    credentials = await credentialsIn(real!.kubeconfigPath);
    const isReady = async (): Promise<boolean> => (await send(credentials, 'GET', '/api/v1/namespaces/default')).code === 200;
    await eventually(isReady, 'the namespace default');
    // They are there already: 1.20 stores a null that meets no map as an empty value, and adds what it shall delete from no list.
    const maps = { labels: { keep: '1' }, annotations: { keep: '1' }, finalizers: ['x.io/keep'] };
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'edge', ...maps }, status: { capacity: { 'example.com/x': '1' } } };
    const container = { name: 'a', image: 'nginx', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod' },
      spec: { automountServiceAccountToken: false, nodeName: 'edge', containers: [container, { name: 'b', image: 'busybox:1' }] },
    };
    expect((await send(credentials, 'POST', NODES, { body: node })).code).to.equal(201);
    const created = await send(credentials, 'POST', PODS, { body: pod });
    expect(created.code).to.equal(201);
    // The defaults come from the same place as the patches' results; the priority comes from admission.
    const { priority, preemptionPolicy, ...spec } = (created.body as unknown as { spec: Record<string, unknown> }).spec;
    expect({ priority, preemptionPolicy }).to.deep.equal({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    expect((builtinDefaults(RESOURCES.pod, pod) as KubeObject & { spec: unknown }).spec).to.deep.equal(spec);
  });
  after(() => real?.stop());

  /** Patches the stored object there, and the same object here. */
  async function compare(resource: ApiResource, path: string, kind: PatchKind, patch: unknown): Promise<void> {
    const before = (await send(credentials, 'GET', path.replace(/\/status$/, ''))).body as unknown as KubeObject;
    const answer = await send(credentials, 'PATCH', path, { body: patch, headers: { 'content-type': MEDIA_TYPES[kind] } });
    const schema = definitionFor(resource);
    if (schema === undefined) throw new Error('no schema');
    if (answer.code !== 200) {
      // What the real server answers 500 to is the client's mistake.
      expect(() => applyPatch(kind, before, patch, schema)).to.throw(PatchError, (answer.body as unknown as Status).message);
      return;
    }
    const ours = builtinDefaults(resource, decodeObject(applyPatch(kind, before, patch, schema), schema, 'Ignore').object);
    const [expected, actual] = [comparable(answer.body), comparable(ours)];
    if (!semanticEqual(actual, expected))
      expect(actual, JSON.stringify({ before: comparable(before), patch, actual, expected })).to.deep.equal(expected);
  }

  const comparable = (object: unknown): unknown => {
    const { metadata, ...rest } = object as KubeObject;
    return { ...rest, metadata: { ...metadata, resourceVersion: '', managedFields: [] } };
  };

  it('on the status of a Node: conditions, addresses, capacity', async () => {
    await fc.assert(
      fc.asyncProperty(nodePatch, async (status) => compare(RESOURCES.node, `${NODES}/edge/status`, 'strategic', { status })),
      { numRuns: 80, seed: 20, endOnFailure: true },
    );
  });

  it('on metadata: labels, annotations, finalizers', async () => {
    await fc.assert(
      fc.asyncProperty(metadataPatch, async (metadata) => compare(RESOURCES.node, `${NODES}/edge`, 'strategic', { metadata })),
      { numRuns: 60, seed: 21, endOnFailure: true },
    );
  });

  const pods: [string, PatchKind, string, unknown][] = [
    ['a status as KubeEdge patches it', 'strategic', '/status', { status: { conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'a', image: 'nginx', imageID: '', ready: true, restartCount: 0 }], podIPs: [{ ip: '10.0.0.9' }], podIP: '10.0.0.9' } }],
    ['another condition, in an order', 'strategic', '/status', { status: { '$setElementOrder/conditions': [{ type: 'Initialized' }, { type: 'Ready' }], conditions: [{ type: 'Initialized', status: 'True' }] } }],
    ['container statuses, which are no merge list', 'strategic', '/status', { status: { containerStatuses: [{ name: 'b', image: 'busybox:1', imageID: '', ready: false, restartCount: 1 }] } }],
    ['a condition less', 'strategic', '/status', { status: { conditions: [{ type: 'Ready', $patch: 'delete' }] } }],
    ['the image of one container', 'strategic', '', { spec: { containers: [{ name: 'b', image: 'busybox:2' }] } }],
    ['tolerations, which are replaced', 'json', '', [{ op: 'add', path: '/spec/tolerations/-', value: { key: 'x', operator: 'Exists' } }]],
    ['labels', 'merge', '', { metadata: { labels: { a: '1', b: '2' } } }],
    ['a label less', 'merge', '', { metadata: { labels: { a: null } } }],
    ['all labels anew', 'strategic', '', { metadata: { labels: { $patch: 'replace', c: '3' } } }],
    ['owners by uid', 'strategic', '', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'edge', uid: 'u' }] } }],
    ['an owner less', 'strategic', '', { metadata: { ownerReferences: [{ uid: 'u', $patch: 'delete' }] } }],
    ['an annotation by a JSON patch', 'json', '', [{ op: 'add', path: '/metadata/annotations', value: { 'x.io/a': 'b' } }, { op: 'test', path: '/metadata/annotations/x.io~1a', value: 'b' }]],
  ]; // prettier-ignore
  for (const [title, kind, subresource, patch] of pods) {
    it(`on a Pod: ${title}`, () => compare(RESOURCES.pod, `${PODS}/pod${subresource}`, kind, patch));
  }
});
