import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig, KubernetesObjectApi, PatchStrategy, V1ObjectMeta, type KubernetesObject } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { KubeObject } from '../../../src/protocol/kubernetes.ts';
import { startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { run, type Ran } from '../../helpers/kedge.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';

const config = (name: string, data?: object): string => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

interface Command {
  /** Arguments of kubectl; none contains a space. */
  readonly kubectl: string;
  readonly input?: string;
  /** What both print is not compared, but matched. */
  readonly otherwise?: RegExp;
}

const KUBECTL: readonly Command[] = [
  { kubectl: 'apply --server-side -f -', input: config('a', { x: '1', y: '1' }) },
  { kubectl: 'apply --server-side -f -', input: config('a', { x: '1', y: '1' }) },
  { kubectl: 'get configmap a -o json --show-managed-fields' },
  { kubectl: 'get configmap a -o json' },
  { kubectl: 'apply --server-side --field-manager=other -f -', input: config('a', { y: '2', z: '1' }) },
  { kubectl: 'apply --server-side --field-manager=other --force-conflicts -f -', input: config('a', { y: '2', z: '1' }) },
  { kubectl: 'get configmap a -o json --show-managed-fields' },
  { kubectl: 'diff --server-side --field-manager=other -f -', input: config('a', { y: '2', z: '1' }) },
  {
    kubectl: 'diff --server-side --field-manager=other -f -',
    input: config('a', { y: '3' }),
    otherwise: /- {2}"y": "2"\n- {2}z: "1"\n\+ {2}"y": "3"\n/,
  },
  { kubectl: 'apply --server-side --field-manager=other --dry-run=server -f -', input: config('a', { y: '3' }) },
  { kubectl: 'apply --server-side -f -', input: config('a', { x: '1', y: '1' }) },
  { kubectl: 'apply --server-side -f -', input: config('a', { x: '2' }) },
  { kubectl: 'patch configmap a -p {"data":{"x":"3"}}' },
  { kubectl: 'apply --server-side -f -', input: config('a', { x: '2' }) },
  { kubectl: 'apply --server-side --force-conflicts -f -', input: config('a') },
  { kubectl: 'get configmap a -o json --show-managed-fields' },
  // From client-side apply to server-side apply, and back.
  { kubectl: 'apply -f -', input: config('b', { x: '1', y: '1' }) },
  { kubectl: 'get configmap b -o json --show-managed-fields' },
  { kubectl: 'apply --server-side -f -', input: config('b', { x: '1', y: '2' }) },
  { kubectl: 'get configmap b -o json --show-managed-fields' },
  { kubectl: 'apply --server-side -f -', input: config('b', { x: '2' }) },
  { kubectl: 'get configmap b -o json --show-managed-fields' },
  { kubectl: 'apply -f -', input: config('b', { x: '3' }) },
  { kubectl: 'get configmap b -o json --show-managed-fields' },
  { kubectl: 'label configmap b l=1' },
  { kubectl: 'annotate configmap b n=1' },
  { kubectl: 'get configmap b -o json --show-managed-fields' },
  { kubectl: 'apply --server-side -f -', input: config('bad', { x: 1 }), otherwise: /\.data\.x: expected string/ },
  { kubectl: 'apply --server-side --validate=false -f -', input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad"},"dat":{}}', otherwise: /\.dat: field not declared in schema/ }, // prettier-ignore
];

describe('server-side apply with clients of others', function () {
  this.timeout(120_000);
  let real: RealApiServer | undefined;
  let embedded: TestControlPlane | undefined;
  let dir: string;

  before(async function () {
    needs(this, 'kubectl', 'a Kubernetes API server', 'openssl');
    real = await startRealApiServer();
    embedded = await startControlPlane();
    dir = await mkdtemp(join(tmpdir(), 'kedge-apply-'));
  });
  after(async () => {
    await real?.stop();
    await embedded?.stop();
    if (embedded !== undefined) await rm(dir, { recursive: true, force: true });
  });

  it('does with kubectl what it does with the real API server', async () => {
    for (const { kubectl, input, otherwise } of KUBECTL) {
      const args = kubectl.split(' ');
      const options = input === undefined ? {} : { input };
      const theirs = await run('kubectl', ['--kubeconfig', real!.kubeconfigPath, '--cache-dir', dir, ...args], options);
      const ours = await embedded!.kubectl(args, options);
      if (otherwise !== undefined) for (const { stdout, stderr } of [theirs, ours]) expect(stdout + stderr, kubectl).to.match(otherwise);
      else expect(shown(ours), `${kubectl} < ${input ?? ''}`).to.deep.equal(shown(theirs));
    }
  });

  it('takes the apply patches of @kubernetes/client-node', async () => {
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromFile(embedded!.kubeconfigPath);
    const client = KubernetesObjectApi.makeApiClient(kubeconfig);
    const object = (data: Record<string, string>): KubernetesObject & { data: object } => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: Object.assign(new V1ObjectMeta(), { name: 'node', namespace: 'default' }),
      data,
    });
    const apply = async (data: Record<string, string>, force: boolean) => {
      const { metadata, ...rest } = await client.patch(
        object(data),
        undefined,
        undefined,
        'operator',
        force,
        PatchStrategy.ServerSideApply,
      );
      return { ...rest, managers: metadata?.managedFields?.map(({ manager, operation }) => `${manager ?? ''} ${operation ?? ''}`) };
    };
    expect(await apply({ a: '1' }, false)).to.deep.include({ data: { a: '1' }, managers: ['operator Apply'] });
    await embedded!.kubectl(['patch', 'configmap', 'node', '-p', '{"data":{"a":"2"}}']);
    const refusal = await apply({ a: '3' }, false).then(
      () => undefined,
      (error: unknown) => error as { code: number; body: string },
    );
    expect(refusal?.code).to.equal(409);
    expect(JSON.stringify(refusal?.body)).to.contain(
      'Apply failed with 1 conflict: conflict with \\\\\\"kubectl-patch\\\\\\" using v1: .data.a',
    );
    expect(await apply({ a: '3' }, true)).to.deep.include({ data: { a: '3' }, managers: ['operator Apply'] });
  });
});

/** What was printed, without what is random. Entries of managedFields are ordered by time, which is another one on each server. */
function shown({ status, stdout, stderr }: Ran): object {
  const mask = (text: string): string => text.replace(/"(uid|resourceVersion|creationTimestamp|time)": "[^"]*"/g, '"$1": "…"');
  if (!stdout.startsWith('{')) return { status, stdout, stderr };
  const object = JSON.parse(mask(stdout)) as KubeObject;
  const managedFields = object.metadata.managedFields?.map((entry) => JSON.stringify(entry)).sort();
  return { status, object: { ...object, metadata: { ...object.metadata, managedFields } }, stderr };
}
