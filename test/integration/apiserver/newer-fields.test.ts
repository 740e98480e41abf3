import { expect } from 'chai';
import type { KubeList, KubeObject, Status } from '../../../src/protocol/kubernetes.ts';
import { send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs } from '../../helpers/neighbour.ts';
import { BAD } from './newer-mistakes.ts';
import { crd, MANIFESTS, pod, ROUTES, SHIRTS, type Manifest } from './newer-manifests.ts';

const PODS = '/api/v1/namespaces/default/pods';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

describe('fields of Kubernetes 1.21 to 1.32', function () {
  this.timeout(60_000);
  let plane: TestControlPlane;
  let stop = (): Promise<void> => Promise.resolve();
  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer> =>
    send(plane.credentials, method, path, {
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(headers === undefined ? {} : { headers }),
    });

  before(async function () {
    needs(this, 'kubectl');
    plane = await startControlPlane();
    stop = () => plane.stop();
  });
  after(() => stop());

  it('are taken from kubectl, which is strict, and come back', async () => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: MANIFESTS });
    const applied = await plane.kubectl(['apply', '--validate=strict', '-f', '-'], { input });
    expect(applied).to.deep.include({ status: 0 });
    expect(applied.stdout.trim().split('\n')).to.have.length(MANIFESTS.length);
    // Nothing is dropped with a warning; the one that is there is about rules.
    expect(applied.stderr.trim().split('\n')).to.deep.equal([
      'Warning: spec.versions: 3 rules in x-kubernetes-validations kept, but not evaluated: this API server has no CEL',
    ]);
    const { stdout } = await plane.kubectl(['get', '-f', '-', '-o', 'json'], { input });
    const { items } = JSON.parse(stdout) as KubeList;
    MANIFESTS.forEach((manifest, index) => expect(missing(manifest, items[index]), manifest.metadata.name).to.deep.equal([]));
    const again = await plane.kubectl(['apply', '-f', '-'], { input });
    const changed = again.stdout.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'));
    // Its selector is replaced as a whole, which kubectl takes for a change.
    expect(changed).to.deep.equal(['poddisruptionbudget.policy/web configured']);
  });

  it('are explained by kubectl', async () => {
    const { stdout } = await plane.kubectl(['explain', 'pod.spec.containers.livenessProbe.grpc']);
    expect(stdout).to.match(/port\t<integer> -required-/);
  });

  it('have the defaults of 1.32', async () => {
    const get = async (path: string): Promise<Record<string, any>> => (await ask('GET', path)).body as never; // eslint-disable-line @typescript-eslint/no-explicit-any
    expect((await get(`${PODS}/grpc-probe`))['spec'].containers[0].livenessProbe.grpc).to.deep.equal({ port: 2379, service: '' });
    const gated = await get(`${PODS}/gated`);
    expect(gated['status'].conditions[0]).to.deep.include({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' });
    const scratch = await get(`${PODS}/scratch-volume`);
    expect(scratch['spec'].volumes[0].ephemeral.volumeClaimTemplate.spec.volumeMode).to.equal('Filesystem');
    const cloned = await get('/api/v1/namespaces/default/persistentvolumeclaims/cloned');
    expect(cloned['spec'].dataSourceRef).to.deep.equal(cloned['spec'].dataSource);
  });

  it('put the values of a pod’s own labels into its affinities', async () => {
    const term = { topologyKey: 'zone', labelSelector: {}, matchLabelKeys: ['app', 'none'], mismatchLabelKeys: ['tenant'] };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const { body } = await ask('POST', PODS, pod('keys', { affinity }, { app: 'web', tenant: 't1' }));
    const [made] = (body as KubeObject & { spec: { affinity: typeof affinity } }).spec.affinity.podAntiAffinity
      .requiredDuringSchedulingIgnoredDuringExecution;
    expect(made?.labelSelector).to.deep.equal({
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['web'] },
        { key: 'tenant', operator: 'NotIn', values: ['t1'] },
      ],
    });
  });

  for (const { say, path = PODS, body, message } of BAD) {
    it(`are refused: ${say}`, async () => {
      const { code, body: answer } = await ask('POST', `${path}?fieldValidation=Strict`, body);
      expect({ code, message: (answer as Status).message }).to.deep.equal({ code: code === 400 ? 400 : 422, message });
    });
  }

  it('that came later are unknown', async () => {
    const spec = { containers: [{ name: 'a', image: 'b', restartPolicyRules: [] }], hostnameOverride: 'x' };
    const { code, body } = await ask('POST', `${PODS}?fieldValidation=Strict`, pod('later', spec));
    expect(code).to.equal(400);
    expect((body as Status).message).to.contain(
      'unknown field "spec.containers[0].restartPolicyRules", unknown field "spec.hostnameOverride"',
    );
  });

  it('hold a pod until its gates are open', async () => {
    const patch = (body: unknown) => ask('PATCH', `${PODS}/gated`, body, { 'content-type': 'application/strategic-merge-patch+json' });
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'gated' }, target: { kind: 'Node', name: 'edge-1' } };
    const bind = () => ask('POST', `${PODS}/gated/binding`, binding);
    expect(await bind()).to.deep.include({ code: 409 });
    const added = await patch({ spec: { schedulingGates: [{ name: 'example.com/third' }] } });
    expect((added.body as Status).message).to.contain("only deletion is allowed, but found new scheduling gate 'example.com/third'");
    expect((await patch({ spec: { nodeSelector: { disk: 'ssd' } } })).code).to.equal(200);
    const changed = await patch({ spec: { nodeSelector: { disk: 'hdd' } } });
    expect((changed.body as Status).message).to.contain('only additions to spec.nodeSelector are allowed (no mutations or deletions)');
    expect((await patch({ spec: { schedulingGates: [{ $patch: 'delete', name: 'example.com/quota' }] } })).code).to.equal(200);
    expect(await bind()).to.deep.include({ code: 409 });
    expect((await patch({ spec: { schedulingGates: null } })).code).to.equal(200);
    expect((await patch({ spec: { nodeSelector: { zone: 'a' } } })).code).to.equal(422);
    expect(await bind()).to.deep.include({ code: 201 });
  });

  it('merge by their keys when they are applied', async () => {
    const gates = (...names: string[]) => pod('shared', { schedulingGates: names.map((name) => ({ name })) });
    const apply = (manager: string, body: unknown) => ask('PATCH', `${PODS}/shared?fieldManager=${manager}`, body, APPLY);
    await apply('one', gates('example.com/one', 'example.com/two'));
    await apply('two', { ...gates(), spec: { schedulingGates: [{ name: 'example.com/two' }] } });
    const { body } = await apply('one', { ...gates('example.com/one') });
    // The second gate is still the other manager's.
    expect((body as KubeObject & { spec: object }).spec).to.deep.include({
      schedulingGates: [{ name: 'example.com/one' }, { name: 'example.com/two' }],
    });
    const owned = (body as KubeObject).metadata.managedFields as { manager?: string; fieldsV1?: object }[] | undefined;
    expect(JSON.stringify(owned?.find(({ manager }) => manager === 'two')?.fieldsV1)).to.contain(
      '"f:schedulingGates":{"k:{\\"name\\":\\"example.com/two\\"}":{',
    );
  });

  it('let custom resources be selected', async () => {
    const shirts = '/apis/shop.example.org/v1/namespaces/default/shirts';
    await eventually(async () => (await ask('GET', shirts)).code === 200, 'the new resource');
    const shirt = (name: string, spec: object) => ({ apiVersion: 'shop.example.org/v1', kind: SHIRTS['spec'], metadata: { name }, spec });
    for (const [name, spec] of [
      ['a', { color: 'blue', sold: true }],
      ['b', { color: 'green', sold: false }],
      ['c', {}],
    ] as const) {
      expect((await ask('POST', shirts, { ...shirt(name, spec), kind: 'Shirt' })).code).to.equal(201);
    }
    const chosen = async (selector: string): Promise<string[]> =>
      ((await ask('GET', `${shirts}?fieldSelector=${encodeURIComponent(selector)}`)).body as KubeList).items.map(
        ({ metadata }) => metadata.name,
      );
    expect(await chosen('spec.color=blue')).to.deep.equal(['a']);
    expect(await chosen('spec.color!=blue,spec.sold=false')).to.deep.equal(['b']);
    expect(await chosen('spec.color=')).to.deep.equal(['c']);
    const refused = await ask('GET', `${shirts}?fieldSelector=spec.size%3DL`);
    expect(refused).to.deep.include({ code: 400 });
    expect((refused.body as Status).message).to.equal('field label not supported: spec.size');
  });

  it('keep rules, and say that they are not evaluated', async () => {
    const { headers } = await ask('PUT', `${CRDS}/routes.shop.example.org?dryRun=All`, await merged(ROUTES));
    expect(headers['warning']).to.equal(
      '299 - "spec.versions: 3 rules in x-kubernetes-validations kept, but not evaluated: this API server has no CEL"',
    );
    const without = await ask('POST', `${CRDS}?dryRun=All`, crd('socks', 'Sock', { schema: { openAPIV3Schema: { type: 'object' } } }));
    expect(without.code).to.equal(201);
    expect(without.headers).not.to.have.property('warning');
    const routes = '/apis/shop.example.org/v1/namespaces/default/routes';
    const route = { apiVersion: 'shop.example.org/v1', kind: 'Route', metadata: { name: 'r' }, spec: { min: 2, max: 1 } };
    await eventually(async () => (await ask('GET', routes)).code === 200, 'the new resource');
    expect((await ask('POST', routes, route)).code).to.equal(201);
  });

  /** What is stored, written anew. */
  async function merged(manifest: Manifest): Promise<unknown> {
    return (await ask('GET', `${CRDS}/${manifest.metadata.name}`)).body;
  }
});

/** The paths at which an answer has not what was written. */
function missing(written: unknown, answered: unknown, path = ''): string[] {
  if (typeof written !== 'object' || written === null) return written === answered ? [] : [path];
  if (typeof answered !== 'object' || answered === null) return [path];
  const lengths = Array.isArray(written) && written.length !== (answered as unknown[]).length ? [`${path}.length`] : [];
  const below = Object.entries(written).flatMap(([key, value]) =>
    missing(value, (answered as Record<string, unknown>)[key], `${path}.${key}`),
  );
  return [...lengths, ...below];
}
