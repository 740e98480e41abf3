import { expect } from 'chai';
import type { KubeObject, Status } from '../../../src/protocol/kubernetes.ts';
import { eventually } from '../../helpers/eventually.ts';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';

const SERVICES = '/api/v1/namespaces/default/services';
interface Service extends KubeObject {
  spec: { clusterIP: string; ports: { targetPort: number }[] };
}

/** Six addresses, the first of which belongs to the Service `kubernetes`. */
const SMALL = '10.9.0.0/29';

describe('addresses and node ports of Services', () => {
  let controlPlane: TestControlPlane | undefined;
  afterEach(async () => {
    await controlPlane?.stop();
    controlPlane = undefined;
  });
  const start = async (serviceClusterIPRange: string): Promise<void> => {
    controlPlane = await startControlPlane({ serviceClusterIPRange });
  };
  const ask = (method: string, path: string, body?: unknown) => send(controlPlane!.credentials, method, path, { body });
  const create = (name: string, spec: object = {}, query = '') =>
    ask('POST', `${SERVICES}${query}`, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

  it('are given out once each, also to those who ask together, and come back', async () => {
    await start(SMALL);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => create(`s${index}`)));
    const made = answers.filter(({ code }) => code === 201).map(({ body }) => body.spec.clusterIP as string);
    expect(made.sort()).to.deep.equal([2, 3, 4, 5, 6].map((host) => `10.9.0.${host}`));
    const refused = answers.filter(({ code }) => code !== 201);
    expect(refused.map(({ code, body }) => `${code} ${String(body.message)}`)).to.deep.equal(
      Array(7).fill('500 Internal error occurred: failed to allocate a serviceIP: range is full'),
    );
    const gone = answers.find(({ code }) => code === 201)?.body as Service;
    expect((await ask('DELETE', `${SERVICES}/${gone.metadata.name}`)).code).to.equal(200);
    await controlPlane!.restart();
    const again = await create('again');
    expect(again.body.spec.clusterIP).to.equal(gone.spec.clusterIP);
    expect((await create('headless', { clusterIP: 'None' })).code).to.equal(201);
  });

  it('are no change when they are sent back', async () => {
    await start(SMALL);
    const { body } = await create('same', { type: 'NodePort' });
    const again = await ask('PUT', `${SERVICES}/same`, body);
    expect([again.code, again.body.metadata.resourceVersion]).to.deep.equal([200, body.metadata.resourceVersion]);
  });

  it('are not kept by a dry run, nor by a Service that is refused', async () => {
    await start(SMALL);
    const wanted = { type: 'NodePort', clusterIP: '10.9.0.4', ports: [{ port: 80, nodePort: 30_500 }] };
    expect((await create('a', wanted, '?dryRun=All')).code).to.equal(201);
    expect((await create('a', { ...wanted, sessionAffinity: 'no' })).code).to.equal(422);
    expect((await create('a', wanted)).body.spec).to.deep.include({ clusterIP: '10.9.0.4', clusterIPs: ['10.9.0.4'] });
    const taken = await create('b', wanted);
    expect(taken.code).to.equal(422);
    const { details } = taken.body as Status;
    expect(details?.causes?.map(({ field }) => field)).to.deep.equal(['spec.clusterIPs', 'spec.ports[0].nodePort']);
  });

  it('begin with that of the Service kubernetes', async () => {
    await start('10.7.0.0/16');
    const kubernetes = async (): Promise<Service> => (await ask('GET', `${SERVICES}/kubernetes`)).body as Service;
    const { metadata, spec } = await kubernetes();
    expect(spec).to.deep.include({ clusterIP: '10.7.0.1', type: 'ClusterIP', ipFamilies: ['IPv4'] });
    expect(String(spec.ports[0]?.targetPort)).to.equal(new URL(controlPlane!.url).port);
    await controlPlane!.restart();
    expect((await kubernetes()).metadata.uid).to.equal(metadata.uid);
    expect((await create('thief', { clusterIP: '10.7.0.1' })).code).to.equal(422);
  });

  it('come back with the Service kubernetes when somebody deletes it', async () => {
    await start(SMALL);
    const kubernetes = () => ask('GET', `${SERVICES}/kubernetes`);
    const { metadata, spec } = (await kubernetes()).body as Service;
    expect((await ask('DELETE', `${SERVICES}/kubernetes`)).code).to.equal(200);
    const again = await eventually(async () => {
      const { code, body } = await kubernetes();
      return code === 200 ? (body as Service) : undefined;
    }, 'the Service');
    expect([again.spec, again.metadata.labels]).to.deep.equal([spec, metadata.labels]);
    expect(again.metadata.uid).not.to.equal(metadata.uid);
  });

  it('stay when the network becomes another one, until they are asked for anew', async () => {
    await start('fd00:77::/112');
    const { spec } = (await create('old', { type: 'NodePort' })).body as Service;
    await controlPlane!.restart({ serviceClusterIPRange: SMALL });
    const changed = await ask('PUT', `${SERVICES}/old`, {
      metadata: { name: 'old', labels: { a: 'b' } },
      spec: { type: 'NodePort', ports: spec.ports },
    });
    expect([changed.code, changed.body.spec.clusterIP, changed.body.spec.ipFamilies]).to.deep.equal([200, spec.clusterIP, ['IPv6']]);
    const patch = (body: object) =>
      send(controlPlane!.credentials, 'PATCH', `${SERVICES}/old`, { body, headers: { 'content-type': 'application/merge-patch+json' } });
    expect((await patch({ spec: { ports: [{ port: 81 }] } })).body.spec).to.deep.include({ clusterIP: spec.clusterIP });
    expect((await patch({ spec: { ipFamilies: ['IPv4'] } })).body.details.causes[0].field).to.equal('spec.ipFamilies[0]');
    expect((await create('other', { clusterIP: spec.clusterIP })).code).to.equal(422);
    expect((await create('new')).body.spec.clusterIP).to.match(/^10\.9\.0\.[2-6]$/);
    expect((await patch({ spec: { type: 'ExternalName', externalName: 'example.org', clusterIP: null, clusterIPs: null } })).code).to.equal(
      200,
    );
    expect((await patch({ spec: { type: 'ClusterIP', externalName: null } })).body.spec.clusterIP).to.match(/^10\.9\.0\.[2-6]$/);
  });

  it('may be of IPv6', async () => {
    await start('fd00:77::/112');
    const { body } = await create('six');
    expect(body.spec.clusterIP).to.match(/^fd00:77::[0-9a-f]{1,4}$/);
    expect(body.spec.ipFamilies).to.deep.equal(['IPv6']);
    expect((await create('four', { ipFamilies: ['IPv4'] })).body.details.causes[0].field).to.equal('spec.ipFamilies[0]');
    expect((await ask('GET', `${SERVICES}/kubernetes`)).body.spec.clusterIP).to.equal('fd00:77::1');
  });
});
