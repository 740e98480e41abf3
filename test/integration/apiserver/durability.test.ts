import { expect } from 'chai';
import type { KubeList } from '../../../src/protocol/kubernetes.ts';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openWatch } from '../../helpers/raw-watch.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const LAMPS = '/apis/example.org/v1/namespaces/default/lamps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

describe('embedded API server across a restart', () => {
  let controlPlane: TestControlPlane;
  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    send(controlPlane.credentials, method, path, { body, ...(headers && { headers }) });

  beforeEach(async () => {
    controlPlane = await startControlPlane();
    // A controller adds this one to every namespace; here it would come in between.
    await eventually(async () => (await ask('GET', `${CONFIG_MAPS}/kube-root-ca.crt`)).code === 200, 'the CA');
  });
  afterEach(() => controlPlane.stop());

  it('has every object with its version, and serves the resources that were defined', async () => {
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
    const names = { plural: 'lamps', kind: 'Lamp' };
    await ask('POST', CRDS, {
      metadata: { name: 'lamps.example.org' },
      spec: { group: 'example.org', scope: 'Namespaced', names, versions: [version] },
    });
    const lamp = await ask('POST', LAMPS, { metadata: { name: 'desk' } });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => ask('POST', CONFIG_MAPS, { metadata: { name: `m${index}` }, data: { at: String(index) } })),
    );
    expect(answers.map(({ code }) => code)).to.deep.equal(Array<number>(30).fill(201));
    await controlPlane.restart();
    for (const { body } of answers) {
      expect((await ask('GET', `${CONFIG_MAPS}/${body.metadata.name as string}`)).body).to.deep.equal(body);
    }
    expect((await ask('GET', `${LAMPS}/desk`)).body).to.deep.equal(lamp.body);
    const next = await ask('POST', CONFIG_MAPS, { metadata: { name: 'later' } });
    const versions = answers.map(({ body }) => Number(body.metadata.resourceVersion));
    expect(Number(next.body.metadata.resourceVersion)).to.be.greaterThan(Math.max(...versions));
  });

  it('lets watches go on where they were, and lists go on in their moment', async () => {
    const first = await ask('POST', CONFIG_MAPS, { metadata: { name: 'a' } });
    await ask('POST', CONFIG_MAPS, { metadata: { name: 'b' } });
    const page = await ask('GET', `${CONFIG_MAPS}?limit=1`);
    await ask('PATCH', `${CONFIG_MAPS}/a`, { data: { x: '1' } }, MERGE);
    await ask('DELETE', `${CONFIG_MAPS}/b`);
    await controlPlane.restart();
    const watch = await openWatch(controlPlane.credentials, `${CONFIG_MAPS}?resourceVersion=${first.body.metadata.resourceVersion}`);
    await eventually(() => watch.events.length === 3, 'the changes from before the restart');
    expect(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`)).to.deep.equal(['ADDED b', 'MODIFIED a', 'DELETED b']);
    await ask('POST', CONFIG_MAPS, { metadata: { name: 'c' } });
    await watch.until(({ object }) => object.metadata.name === 'c', 'a change after it');
    watch.close();
    const rest = await ask('GET', `${CONFIG_MAPS}?limit=1&continue=${page.body.metadata.continue}`);
    expect((rest.body as KubeList).items.map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
  });

  it('ends its watches when it stops', async () => {
    const watch = await openWatch(controlPlane.credentials, `${CONFIG_MAPS}?allowWatchBookmarks=true`);
    await controlPlane.restart();
    await eventually(() => watch.ended(), 'the end of the watch');
    expect(watch.events.at(-1)?.type).to.equal('BOOKMARK');
  });
});
