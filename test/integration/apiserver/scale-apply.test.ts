import { expect } from 'chai';
import { send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

describe('server-side apply on the scale of an object, on the embedded API server', function () {
  this.timeout(60_000);
  let controlPlane: TestControlPlane;

  before(async () => {
    controlPlane = await startControlPlane();
    const labels = { app: 'a' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    const { code, text } = await ask('POST', `${DEPLOYMENTS}?fieldManager=maker`, { metadata: { name: 'web' }, spec });
    expect(code, text).to.equal(201);
  });
  after(() => controlPlane.stop());

  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer> =>
    send(controlPlane.credentials, method, path, { body, ...(headers && { headers }) });
  const apply = (spec: object, query = '', rest: object = {}): Promise<RawAnswer> => {
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web', namespace: 'default' }, spec, ...rest };
    return ask('PATCH', `${DEPLOYMENTS}/web/scale?fieldManager=scaler${query}`, scale, APPLY);
  };
  const owner = async (): Promise<unknown> => {
    const { body } = await ask('GET', `${DEPLOYMENTS}/web`);
    const managers = body.metadata.managedFields as { manager: string; operation: string; subresource?: string; fieldsV1: object }[];
    const owners = managers.filter(({ fieldsV1 }) => 'f:replicas' in ((fieldsV1 as { 'f:spec'?: object })['f:spec'] ?? {}));
    const names = owners.map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`.trim());
    return { replicas: body.spec.replicas, generation: body.metadata.generation, owners: names };
  };

  it('is a conflict where another manager owns the replicas', async () => {
    const { code, body } = await apply({ replicas: 3 });
    expect({ code, message: body.message }).to.deep.equal({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "maker" using apps/v1: .spec.replicas',
    });
    expect(await owner()).to.deep.equal({ replicas: 1, generation: 1, owners: ['maker Update'] });
  });

  it('takes them by force, and answers a Scale', async () => {
    const { code, body } = await apply({ replicas: 3 }, '&force=true');
    expect({ code, kind: body.kind, spec: body.spec }).to.deep.equal({ code: 200, kind: 'Scale', spec: { replicas: 3 } });
    const scaled = { replicas: 3, generation: 2, owners: ['scaler Apply scale'] };
    expect(await owner()).to.deep.equal(scaled);
    expect((await apply({ replicas: 3 })).code).to.equal(200);
    expect(await owner()).to.deep.equal(scaled);
  });

  it('refuses what is no scale of this object, and changes nothing', async () => {
    const before = await owner();
    expect((await apply({ replicas: -1 }, '&force=true')).code).to.equal(422);
    expect((await apply({ replicas: 'x' })).code).to.equal(400);
    expect((await apply({ replicas: 5 }, '', { kind: 'Deployment' })).code).to.equal(400);
    expect((await apply({ replicas: 5 }, '', { metadata: { name: 'other' } })).code).to.equal(400);
    const missing = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'none' }, spec: { replicas: 1 } };
    expect((await ask('PATCH', `${DEPLOYMENTS}/none/scale?fieldManager=scaler`, missing, APPLY)).code).to.equal(404);
    expect(await owner()).to.deep.equal(before);
  });
});
