import { expect } from 'chai';
import type { Pod } from '../../../src/protocol/kubernetes.ts';
import { send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';
import { needs } from '../../helpers/neighbour.ts';

const PODS = '/api/v1/namespaces/default/pods';
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const CONTAINERS = [{ name: 'c', image: 'i' }];

/** Words are those of Kubernetes 1.25 and later (pkg/apis/core/validation). */
describe('ephemeral containers on the embedded API server', function () {
  this.timeout(60_000);
  let controlPlane: TestControlPlane;

  before(async function () {
    needs(this, 'kubectl');
    controlPlane = await startControlPlane();
    for (const name of ['p', 'debugged']) {
      const { code, text } = await ask('POST', PODS, { metadata: { name }, spec: { containers: CONTAINERS } });
      expect(code, text).to.equal(201);
    }
  });
  after(() => controlPlane.stop());

  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer> =>
    send(controlPlane.credentials, method, path, { body, ...(headers && { headers }) });
  const patch = (containers: object[], rest: object = {}, name = 'p'): Promise<RawAnswer> =>
    ask('PATCH', `${PODS}/${name}/ephemeralcontainers?fieldManager=m`, { spec: { ephemeralContainers: containers, ...rest } }, STRATEGIC);
  const named = ({ code, text, body }: RawAnswer): unknown => {
    expect(code, text).to.equal(200);
    return ((body as Pod).spec?.['ephemeralContainers'] as { name: string }[]).map(({ name }) => name);
  };
  const causes = ({ code, text, body }: RawAnswer): unknown => {
    expect(code, text).to.equal(422);
    return (body.details.causes as { field: string; message: string }[]).map(({ field, message }) => `${field}: ${message}`);
  };

  it('come through their subresource, which changes nothing else and answers the pod', async () => {
    expect(named(await patch([{ name: 'one', image: 'i', targetContainerName: 'c' }], { nodeName: 'other' }))).to.deep.equal(['one']);
    const { body: pod } = await ask('GET', `${PODS}/p/ephemeralcontainers`);
    expect(pod.kind).to.equal('Pod');
    expect(pod.spec.nodeName).to.equal(undefined);
    expect(pod.spec.ephemeralContainers).to.deep.equal([
      {
        name: 'one',
        image: 'i',
        targetContainerName: 'c',
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ]);
    const managers = pod.metadata.managedFields as { manager: string; subresource?: string }[];
    expect(managers.find(({ manager }) => manager === 'm')).to.deep.include({ operation: 'Update', subresource: 'ephemeralcontainers' });
    pod.spec.ephemeralContainers = [...(pod.spec.ephemeralContainers as object[]), { name: 'two', image: 'i' }];
    expect(named(await ask('PUT', `${PODS}/p/ephemeralcontainers`, pod))).to.deep.equal(['one', 'two']);
    expect((await ask('PUT', `${PODS}/p/ephemeralcontainers`, pod)).code).to.equal(409);
  });

  it('neither change nor go', async () => {
    expect(causes(await patch([{ name: 'one', image: 'other' }]))).to.deep.equal([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "one" may not be changed\n',
    ]);
    const { body: pod } = await ask('GET', `${PODS}/p`);
    pod.spec.ephemeralContainers = [];
    expect(causes(await ask('PUT', `${PODS}/p/ephemeralcontainers`, pod))).to.deep.equal([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "one" may not be removed\n',
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "two" may not be removed\n',
    ]);
  });

  it('do not come through the pod itself', async () => {
    const spec = { containers: CONTAINERS, ephemeralContainers: [{ name: 'e', image: 'i' }] };
    expect(causes(await ask('POST', PODS, { metadata: { name: 'x' }, spec }))).to.deep.equal([
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ]);
    const refused = causes(await ask('PATCH', `${PODS}/p`, { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } }, STRATEGIC));
    expect(String(refused)).to.match(/^spec: Forbidden: pod updates may not change fields other than `spec.containers/);
  });

  it('are good containers that nothing relies on', async () => {
    const bad = async (rest: object): Promise<unknown> => causes(await patch([{ name: 'bad', image: 'i', ...rest }]));
    const field = 'spec.ephemeralContainers[0]';
    const notHere = 'Forbidden: cannot be set for an Ephemeral Container';
    expect(await bad({ name: 'c' })).to.deep.equal([`${field}.name: Duplicate value: "c"`]);
    expect(await bad({ targetContainerName: 'none' })).to.deep.equal([`${field}.targetContainerName: Not found: "none"`]);
    expect(await bad({ targetContainerName: 'one' })).to.deep.equal([`${field}.targetContainerName: Not found: "one"`]);
    expect(await bad({ ports: [{ containerPort: 1 }] })).to.deep.equal([`${field}.ports: ${notHere}`]);
    expect(await bad({ resources: { limits: { cpu: '1' } } })).to.deep.equal([`${field}.resources: ${notHere}`]);
    expect(await bad({ image: '' })).to.deep.equal([`${field}.image: Required value`]);
  });

  it('are not for static pods', async () => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    const mirror = { metadata: { name: 'static', annotations }, spec: { nodeName: 'n', containers: CONTAINERS } };
    expect((await ask('POST', PODS, mirror)).code).to.equal(201);
    const { code, body } = await patch([{ name: 'e', image: 'i' }], {}, 'static');
    expect({ code, message: body.message }).to.have.property('code', 422);
    expect(body.message).to.contain('static pods do not support ephemeral containers');
  });

  it('need the right to their subresource', async () => {
    const rights = controlPlane.userCredentials('jane');
    const { code, body } = await send(rights, 'PATCH', `${PODS}/p/ephemeralcontainers`, { body: { spec: {} }, headers: STRATEGIC });
    expect(code).to.equal(403);
    expect(body.message).to.match(/cannot patch resource "pods\/ephemeralcontainers" in API group ""/);
  });

  it('are what kubectl debug adds', async () => {
    const line = 'debug debugged --image=busybox --attach=false -c look --target=c';
    const { status, stderr } = await controlPlane.kubectl(line.split(' '));
    expect(status, stderr).to.equal(0);
    const { stdout } = await controlPlane.kubectl(['get', 'pod', 'debugged', '-o', 'jsonpath={.spec.ephemeralContainers[*].name}']);
    expect(stdout).to.equal('look');
  });
});
