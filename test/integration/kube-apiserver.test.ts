import { expect } from 'chai';
import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../../src/kube/api-error.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { Informer } from '../../src/kube/informer.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { listAll } from '../../src/kube/list-all.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ConfigMap } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/neighbour.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';
import type { RealApiServer } from '../helpers/real-apiserver.ts';
import { testScope } from '../helpers/test-scope.ts';

const configMap = (name: string, data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

describe('the kube client on a real API server', function () {
  this.timeout(120_000);
  let server: RealApiServer;
  let client: KubeClient;
  let stop: (() => Promise<void>) | undefined;

  before(async function () {
    needs(this, 'a Kubernetes API server', 'openssl');
    server = (await startRealApiServer())!;
    stop = () => server.stop();
    client = createKubeClient(await loadCredentials(server.kubeconfigPath));
  });
  after(() => stop?.());

  it('creates, reads, changes and deletes', async () => {
    const created = await client.create(RESOURCES.configMap, configMap('one', { a: '1' }));
    expect(created.metadata.uid).to.be.a('string');
    const updated = await client.update(RESOURCES.configMap, { ...created, data: { a: '2' } });
    expect(updated.data).to.deep.equal({ a: '2' });
    const conflict = await client.update(RESOURCES.configMap, { ...created, data: {} }).catch((error: unknown) => error);
    expect(isConflict(conflict)).to.equal(true);
    expect(isAlreadyExists(await client.create(RESOURCES.configMap, configMap('one', {})).catch((error: unknown) => error))).to.equal(true);
    const target = { name: 'one', namespace: 'default' };
    for (const type of ['merge', 'strategic'] as const) {
      const patched = await client.patch<ConfigMap>(RESOURCES.configMap, target, { data: { [type]: 'x' } }, type);
      expect(patched.data).to.have.property(type, 'x');
    }
    await client.patch(RESOURCES.configMap, target, [{ op: 'remove', path: '/data/a' }], 'json');
    const applied = await client.patch<ConfigMap>(RESOURCES.configMap, target, configMap('one', { b: '3' }), 'apply');
    expect(applied.data).to.deep.equal({ merge: 'x', strategic: 'x', b: '3' });
    await client.delete(RESOURCES.configMap, 'one', 'default', { preconditions: { uid: created.metadata.uid! } });
    expect(isNotFound(await client.get(RESOURCES.configMap, 'one', 'default').catch((error: unknown) => error))).to.equal(true);
    expect(await client.raw('/readyz')).to.equal('ok');
  });

  it('refuses what the server refuses, with its reasons', async () => {
    const error: unknown = await client.create(RESOURCES.configMap, configMap('Not A Name', {})).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ApiError);
    expect((error as ApiError).code).to.equal(422);
    expect((error as ApiError).message).to.contain('Not A Name');
  });

  it('reads a list of many pages whole', async () => {
    const many = Array.from({ length: 620 }, (_, n) => configMap(`many-${n}`, {}));
    for (let from = 0; from < many.length; from += 40) {
      await Promise.all(
        many
          .slice(from, from + 40)
          .map((object) => client.create(RESOURCES.configMap, { ...object, metadata: { ...object.metadata, labels: { many: 'yes' } } })),
      );
    }
    const { items } = await listAll(client, RESOURCES.configMap, { namespace: 'default', labelSelector: 'many=yes' });
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).to.equal(620);
  });

  it('follows objects, also over a restart of the server', async () => {
    const scope = testScope();
    const informer = new Informer<ConfigMap>({
      client,
      resource: RESOURCES.configMap,
      namespace: 'default',
      fieldSelector: 'metadata.name=followed',
    });
    const told: string[] = [];
    informer.onChange(scope, {
      added: ({ data }) => told.push(`+${data?.['v'] ?? ''}`),
      updated: (old, { data }) => told.push(`${old.data?.['v'] ?? ''}>${data?.['v'] ?? ''}`),
      deleted: ({ data }) => told.push(`-${data?.['v'] ?? ''}`),
    });
    await informer.start(scope);
    await client.create(RESOURCES.configMap, configMap('followed', { v: '1' }));
    await client.patch(RESOURCES.configMap, { name: 'followed', namespace: 'default' }, { data: { v: '2' } }, 'merge');
    await eventually(() => told.length === 2);
    await server.restart();
    await client.patch(RESOURCES.configMap, { name: 'followed', namespace: 'default' }, { data: { v: '3' } }, 'merge');
    await client.delete(RESOURCES.configMap, 'followed', 'default');
    await eventually(() => told.length === 4, 'the events after the restart', 30_000);
    expect(told).to.deep.equal(['+1', '1>2', '2>3', '-3']);
    expect(informer.status()).to.deep.equal({ synced: true });
    await scope.end();
  });
});
