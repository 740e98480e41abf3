import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { createCa } from '../../../src/pki/certificate.ts';
import type { KubeList } from '../../../src/protocol/kubernetes.ts';
import { PROFILES } from '../../../src/pki/profiles.ts';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openWatch } from '../../helpers/raw-watch.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const pod = (name: string, nodeName?: string) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'busybox' }], ...(nodeName && { nodeName }) },
});

describe('embedded API server on the wire', () => {
  let controlPlane: TestControlPlane;
  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    send(controlPlane.credentials, method, path, { body, ...(headers && { headers }) });

  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  describe('authentication', () => {
    it('shows nobody more than health and version', async () => {
      const { server, ca } = controlPlane.credentials;
      const anonymous = { server, ...(ca !== undefined && { ca }) };
      for (const path of ['/healthz', '/readyz?verbose', '/livez', '/version', '/version/'])
        expect((await send(anonymous, 'GET', path)).code, path).to.equal(200);
      for (const path of ['/api', '/apis', '/openapi/v2', CONFIG_MAPS, '/nonsense', '/metrics', '/livez/ping', '/healthz/']) {
        const { code, body } = await send(anonymous, 'GET', path);
        expect([code, body.reason, body.message], path).to.deep.equal([401, 'Unauthorized', 'Unauthorized']);
      }
    });

    it('shows nothing and logs no failure of its own to paths that are none', async () => {
      const { server, ca } = controlPlane.credentials;
      const anonymous = { server, ...(ca !== undefined && { ca }) };
      for (const path of ['//[', '//:', '//elsewhere/healthz']) expect((await send(anonymous, 'GET', path)).code, path).to.equal(401);
    });

    it('does not know a certificate of another CA', async () => {
      const stranger = controlPlane.userCredentials('admin', ['system:masters'], createCa(PROFILES.kubernetesCa));
      expect((await send(stranger, 'GET', CONFIG_MAPS)).code).to.equal(401);
    });

    it('forbids to a user without roles all but discovery, and says what', async () => {
      const bob = controlPlane.userCredentials('bob', ['devs']);
      const list = await send(bob, 'GET', CONFIG_MAPS);
      expect([list.code, list.body.reason, list.body.message]).to.deep.equal([
        403,
        'Forbidden',
        'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"',
      ]);
      const patch = await send(bob, 'PATCH', '/api/v1/nodes/n/status', { body: {}, headers: MERGE });
      expect(patch.body.message).to.equal(
        'nodes "n" is forbidden: User "bob" cannot patch resource "nodes/status" in API group "" at the cluster scope',
      );
      expect((await send(bob, 'GET', '/metrics')).body.message).to.equal('forbidden: User "bob" cannot get path "/metrics"');
      expect((await send(bob, 'GET', '/api')).code).to.equal(200);
    });

    it('takes any of several organizations', async () => {
      const user = controlPlane.userCredentials('eve', ['devs', 'system:masters']);
      expect((await send(user, 'GET', CONFIG_MAPS)).code).to.equal(200);
    });
  });

  describe('bodies', () => {
    it('are refused beyond 3 MiB, announced or not', async () => {
      const big = JSON.stringify({ metadata: { name: 'big' }, data: { x: 'x'.repeat(3 * 1024 * 1024) } });
      const { code, body } = await ask('POST', CONFIG_MAPS, big);
      expect([code, body.reason, body.message]).to.deep.equal([413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728']);
      expect((await ask('POST', CONFIG_MAPS, big, { 'transfer-encoding': 'chunked' })).code).to.equal(413);
      const huge = 'x'.repeat(15 * 1024 * 1024);
      expect((await ask('POST', CONFIG_MAPS, huge)).code).to.equal(413);
      expect((await ask('GET', `${CONFIG_MAPS}/big`)).code).to.equal(404);
    });

    it('are refused when nested too deep', async () => {
      const deep = `{"metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`;
      expect((await ask('POST', CONFIG_MAPS, deep)).code).to.equal(400);
    });

    it('are refused when YAML aliases explode', async () => {
      const levels = Array.from({ length: 9 }, (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(', ')}]`);
      const bomb = ['l0: &l0 [x]', ...levels].join('\n');
      expect((await ask('POST', CONFIG_MAPS, bomb, { 'content-type': 'application/yaml' })).code).to.equal(400);
    });

    it('in protobuf are refused for kinds that nobody sends so', async () => {
      const type = { 'content-type': 'application/vnd.kubernetes.protobuf' };
      const unknown = Buffer.concat([Buffer.from('k8s\0'), Buffer.from('\n\r\n\x02v1\x12\x07PodList\x12\x00')]);
      expect((await ask('POST', PODS, unknown, type)).code).to.equal(415);
      // A Service whose spec has a 23rd field, `trafficDistribution`, which would be lost.
      const unlisted = Buffer.from('k8s\0\n\r\n\x02v1\x12\x07Service\x12\x06\x12\x04\xba\x01\x01x', 'latin1');
      expect((await ask('POST', '/api/v1/namespaces/default/services', unlisted, type)).code).to.equal(415);
      expect((await ask('POST', PODS, 'nonsense', type)).code).to.equal(400);
      expect((await ask('GET', PODS, undefined, { accept: 'application/vnd.kubernetes.protobuf' })).code).to.equal(406);
      expect((await ask('GET', PODS, undefined, { accept: 'application/vnd.kubernetes.protobuf,application/json' })).code).to.equal(200);
    });

    it('of server-side apply are YAML, neither too deep nor too large', async () => {
      const apply = (body: string) =>
        ask('PATCH', `${CONFIG_MAPS}/deep?fieldManager=m`, body, { 'content-type': 'application/apply-patch+yaml' });
      const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\n';
      for (const [body, expected] of [
        [`${head}data: ${'['.repeat(500)}`, 400],
        [`{"apiVersion":"v1","kind":"ConfigMap","data":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_001)}`, 400],
        [`${head}a: &a [x, x]\n${Array.from({ length: 200 }, (_, index) => `b${index}: [*a, *a]`).join('\n')}`, 400],
        [`${head}data: {x: "1", x: "2"}`, 400],
        [`${head}data: {x: "${'y'.repeat(4 * 1024 * 1024)}"}`, 413],
        [`${head}data: {x: "1"}`, 201],
      ] as const) {
        const { code } = await apply(body);
        expect(code, body.slice(0, 80)).to.equal(expected);
      }
    });

    it('with a __proto__ key pollute nothing', async () => {
      await ask('POST', CONFIG_MAPS, '{"metadata":{"name":"proto"},"data":{"__proto__":"x"}}');
      const patch = await ask('PATCH', `${CONFIG_MAPS}/proto`, '{"__proto__":{"polluted":"yes"}}', MERGE);
      expect(patch.code).to.be.lessThan(500);
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    });

    it('with unknown fields are refused, warned about or pruned as asked', async () => {
      const body = { metadata: { name: 'u' }, foo: 1 };
      const strict = await ask('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, body);
      expect(strict.code).to.equal(400);
      expect(strict.body.message).to.contain('strict decoding error: unknown field "foo"');
      const warned = await ask('POST', `${CONFIG_MAPS}?fieldValidation=Warn&dryRun=All`, body);
      expect([warned.code, warned.headers['warning'], warned.body.foo]).to.deep.equal([201, '299 - "unknown field \\"foo\\""', undefined]);
      const ignored = await ask('POST', `${CONFIG_MAPS}?fieldValidation=Ignore&dryRun=All`, body);
      expect([ignored.code, ignored.headers['warning']]).to.deep.equal([201, undefined]);
    });
  });

  describe('writes', () => {
    it('generate names, keep nothing of a dry run, and answer YAML when asked', async () => {
      const { body } = await ask('POST', CONFIG_MAPS, { metadata: { generateName: 'gen-' } });
      expect(body.metadata.name).to.match(/^gen-[a-z0-9]{5}$/);
      expect((await ask('POST', `${CONFIG_MAPS}?dryRun=All`, { metadata: { name: 'dry' } })).code).to.equal(201);
      expect((await ask('GET', `${CONFIG_MAPS}/dry`)).code).to.equal(404);
      const yaml = await ask('GET', '/api/v1/namespaces/default', undefined, { accept: 'application/yaml' });
      expect(yaml.text).to.contain('kind: Namespace\n');
    });

    it('that change nothing leave the resourceVersion', async () => {
      const made = await ask('POST', CONFIG_MAPS, { metadata: { name: 'still' }, data: { a: '1' } });
      const same = await ask('PATCH', `${CONFIG_MAPS}/still`, { data: { a: '1' } }, MERGE);
      expect(same.body.metadata.resourceVersion).to.equal(made.body.metadata.resourceVersion);
    });

    it('of many clients at once each see their own result', async () => {
      await ask('POST', CONFIG_MAPS, { metadata: { name: 'race' } });
      const { body } = await ask('GET', `${CONFIG_MAPS}/race`);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => ask('PUT', `${CONFIG_MAPS}/race`, { ...body, data: { winner: String(index) } })),
      );
      const codes = answers.map(({ code }) => code).sort((a, b) => a - b);
      expect(codes).to.deep.equal([200, ...Array<number>(19).fill(409)]);
      const winner = answers.find(({ code }) => code === 200)!;
      expect((await ask('GET', `${CONFIG_MAPS}/race`)).body.data).to.deep.equal(winner.body.data);
      expect(answers.find(({ code }) => code === 409)!.body.message).to.equal(
        'Operation cannot be fulfilled on configmaps "race": the object has been modified; please apply your changes to the latest version and try again',
      );
    });
  });

  describe('deletion', () => {
    it('of a pod on a node waits for a second DELETE without grace', async () => {
      await ask('POST', PODS, pod('graceful', 'n1'));
      const watch = await openWatch(controlPlane.credentials, `${PODS}?fieldSelector=metadata.name%3Dgraceful`);
      const first = await ask('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 20 });
      expect(first.body.metadata.deletionGracePeriodSeconds).to.equal(20);
      const due = Date.parse(first.body.metadata.deletionTimestamp as string) - Date.now();
      expect(due).to.be.within(15_000, 21_000);
      expect((await ask('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 40 })).body.metadata.deletionGracePeriodSeconds).to.equal(20);
      expect((await ask('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 5 })).body.metadata.deletionGracePeriodSeconds).to.equal(5);
      const wrong = await ask('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 0, preconditions: { uid: 'other' } });
      expect([wrong.code, wrong.body.reason]).to.deep.equal([409, 'Conflict']);
      const { uid } = first.body.metadata;
      expect((await ask('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 0, preconditions: { uid } })).code).to.equal(200);
      expect((await ask('GET', `${PODS}/graceful`)).code).to.equal(404);
      const gone = await watch.until(({ type }) => type === 'DELETED', 'the DELETED event');
      expect(gone.object.metadata.uid).to.equal(uid);
      watch.close();
    });

    it('of a namespace removes its contents, and nothing new gets in', async () => {
      await ask('POST', '/api/v1/namespaces', { metadata: { name: 'doomed' } });
      await ask('POST', '/api/v1/namespaces/doomed/configmaps', { metadata: { name: 'held', finalizers: ['example.org/hold'] } });
      await ask('POST', '/api/v1/namespaces/doomed/secrets', { metadata: { name: 'plain' } });
      const deleted = await ask('DELETE', '/api/v1/namespaces/doomed');
      expect(deleted.body.status.phase).to.equal('Terminating');
      await eventually(async () => (await ask('GET', '/api/v1/namespaces/doomed/secrets/plain')).code === 404, 'the secret to go');
      const late = await ask('POST', '/api/v1/namespaces/doomed/configmaps', { metadata: { name: 'late' } });
      expect([late.code, late.body.details.causes[0].reason]).to.deep.equal([403, 'NamespaceTerminating']);
      expect((await ask('GET', '/api/v1/namespaces/doomed')).code).to.equal(200);
      await ask('PATCH', '/api/v1/namespaces/doomed/configmaps/held', { metadata: { finalizers: null } }, MERGE);
      await eventually(async () => (await ask('GET', '/api/v1/namespaces/doomed')).code === 404, 'the namespace to go');
    });

    it('of a definition removes its objects', async () => {
      const crd = {
        metadata: { name: 'gadgets.example.org' },
        spec: {
          group: 'example.org',
          scope: 'Namespaced',
          names: { plural: 'gadgets', kind: 'Gadget' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      };
      const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const gadgets = '/apis/example.org/v1/namespaces/default/gadgets';
      expect((await ask('POST', crds, crd)).code).to.equal(201);
      expect((await ask('POST', gadgets, { metadata: { name: 'g', finalizers: ['example.org/hold'] } })).code).to.equal(201);
      await ask('DELETE', `${crds}/gadgets.example.org`);
      const late = await ask('POST', gadgets, { metadata: { name: 'late' } });
      expect([late.code, late.body.message]).to.deep.equal([405, 'create not allowed while custom resource definition is terminating']);
      await ask('PATCH', `${gadgets}/g`, { metadata: { finalizers: null } }, MERGE);
      await eventually(async () => (await ask('GET', `${crds}/gadgets.example.org`)).code === 404, 'the definition to go');
      expect((await ask('GET', gadgets)).code).to.equal(404);
      expect((await ask('POST', crds, crd)).code).to.equal(201);
      expect((await ask('GET', gadgets)).body.items).to.deep.equal([]);
      await ask('DELETE', `${crds}/gadgets.example.org`);
    });
  });

  describe('lists', () => {
    before(async () => {
      await ask('POST', '/api/v1/namespaces', { metadata: { name: 'pages' } });
      for (let index = 0; index < 7; index += 1) {
        await ask('POST', '/api/v1/namespaces/pages/secrets', { metadata: { name: `m${index}`, labels: { odd: String(index % 2) } } });
      }
    });
    const names = (list: unknown) => (list as KubeList).items.map(({ metadata }) => metadata.name).join(' ');

    it('come in pages that all show the first moment', async () => {
      const list = '/api/v1/namespaces/pages/secrets?limit=3';
      const first = (await ask('GET', list)).body;
      expect([names(first), first.metadata.remainingItemCount]).to.deep.equal(['m0 m1 m2', 4]);
      await ask('DELETE', '/api/v1/namespaces/pages/secrets/m4');
      await ask('POST', '/api/v1/namespaces/pages/secrets', { metadata: { name: 'm35' } });
      const second = (await ask('GET', `${list}&continue=${first.metadata.continue}`)).body;
      expect([names(second), second.metadata.resourceVersion]).to.deep.equal(['m3 m4 m5', first.metadata.resourceVersion]);
      const third = (await ask('GET', `${list}&continue=${second.metadata.continue}`)).body;
      expect([names(third), third.metadata.continue]).to.deep.equal(['m6', undefined]);
      expect(names((await ask('GET', '/api/v1/namespaces/pages/secrets')).body)).to.equal('m0 m1 m2 m3 m35 m5 m6');
    });

    it('are compressed when they are long, for those who take it', async () => {
      const maps = '/api/v1/namespaces/pages/configmaps';
      await ask('POST', maps, { metadata: { name: 'long' }, data: { text: 'long '.repeat(40_000) } });
      const plain = await ask('GET', maps);
      expect(plain.headers['content-encoding']).to.equal(undefined);
      for (const accepted of ['gzip', 'deflate, gzip;q=0.5', 'gzip ; q=1.0']) {
        const zipped = await ask('GET', maps, undefined, { 'accept-encoding': accepted });
        expect(zipped.headers, accepted).to.include({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
        expect(zipped.bytes.length).to.be.lessThan(plain.bytes.length / 10);
        expect(gunzipSync(zipped.bytes).equals(plain.bytes)).to.equal(true);
      }
      for (const accepted of ['', 'identity', 'gzip;q=0', 'gzip;q=0.0', 'x-gzipped']) {
        const { headers, text } = await ask('GET', maps, undefined, { 'accept-encoding': accepted });
        expect([headers['content-encoding'], text], accepted).to.deep.equal([undefined, plain.text]);
      }
      const short = await ask('GET', '/api/v1/namespaces/pages', undefined, { 'accept-encoding': 'gzip' });
      expect(short.headers['content-encoding']).to.equal(undefined);
      await ask('DELETE', `${maps}/long`);
    });

    it('may be deleted page by page', async () => {
      const maps = '/api/v1/namespaces/pagewise/secrets';
      await ask('POST', '/api/v1/namespaces', { metadata: { name: 'pagewise' } });
      for (const name of ['a', 'b', 'c']) await ask('POST', maps, { metadata: { name } });
      const first = await ask('DELETE', `${maps}?limit=1`);
      await ask('DELETE', `${maps}/b`);
      const rest = await ask('DELETE', `${maps}?continue=${first.body.metadata.continue as string}`);
      expect(rest.code).to.equal(200);
      expect((await ask('GET', maps)).body.items).to.deep.equal([]);
    });

    it('are chosen by labels and fields', async () => {
      const list = async (query: string) => names((await ask('GET', `/api/v1/secrets?${query}`)).body);
      expect(await list('labelSelector=odd%3D1&limit=2')).to.equal('m1 m3');
      expect(await list(`labelSelector=${encodeURIComponent('odd in (0,2),odd!=1')}`)).to.equal('m0 m2 m6');
      expect(await list('fieldSelector=metadata.namespace%3Dpages,metadata.name%3Dm5')).to.equal('m5');
      expect(await list('fieldSelector=metadata.namespace%3Dpages,metadata.name!%3Dm5&labelSelector=odd')).to.equal('m0 m1 m2 m3 m6');
    });

    it('of built-in kinds have items without kind, tables and metadata have their shape', async () => {
      const { items } = (await ask('GET', CONFIG_MAPS)).body;
      expect(items[0]).to.not.have.any.keys('kind', 'apiVersion');
      const as = (shape: string) => ({ accept: `application/json;as=${shape};v=v1;g=meta.k8s.io,application/json` });
      const table = (await ask('GET', '/api/v1/namespaces', undefined, as('Table'))).body;
      expect([table.kind, table.columnDefinitions[0].name, table.rows[0].cells[0]]).to.deep.equal(['Table', 'Name', 'default']);
      const metadata = (await ask('GET', CONFIG_MAPS, undefined, as('PartialObjectMetadataList'))).body;
      expect([metadata.kind, metadata.items[0].data]).to.deep.equal(['PartialObjectMetadataList', undefined]);
    });

    it('of a revision that has not come are answered 504', async () => {
      const { code, body } = await ask('GET', `${CONFIG_MAPS}?resourceVersion=999999999`);
      expect([code, body.reason, body.details.causes[0].reason]).to.deep.equal([504, 'Timeout', 'ResourceVersionTooLarge']);
    });
  });

  describe('watches', () => {
    it('begin with what is there, or go on from a version', async () => {
      const made = await ask('POST', CONFIG_MAPS, { metadata: { name: 'w', labels: { watched: 'yes' } } });
      const selector = 'labelSelector=watched%3Dyes';
      const fresh = await openWatch(controlPlane.credentials, `${CONFIG_MAPS}?${selector}`);
      await fresh.until(({ type, object }) => type === 'ADDED' && object.metadata.name === 'w', 'what is there');
      await ask('PATCH', `${CONFIG_MAPS}/w`, { data: { a: '1' } }, MERGE);
      await fresh.until(({ type }) => type === 'MODIFIED', 'the change');
      await ask('PATCH', `${CONFIG_MAPS}/w`, { metadata: { labels: { watched: 'no' } } }, MERGE);
      const left = await fresh.until(({ type }) => type === 'DELETED', 'leaving the selection');
      expect(left.object.metadata.labels.watched).to.equal('yes');
      await ask('PATCH', `${CONFIG_MAPS}/w`, { metadata: { labels: { watched: 'yes' } } }, MERGE);
      await eventually(() => fresh.events.length === 4, 'coming back');
      const resumed = await openWatch(
        controlPlane.credentials,
        `${CONFIG_MAPS}?${selector}&resourceVersion=${made.body.metadata.resourceVersion}`,
      );
      await eventually(() => resumed.events.length === 3, 'all that was missed');
      expect(resumed.events.map(({ type }) => type)).to.deep.equal(['MODIFIED', 'DELETED', 'ADDED']);
      expect(resumed.events).to.deep.equal(fresh.events.slice(1));
      fresh.close();
      resumed.close();
    });

    it('end at their timeout, with a bookmark when asked', async () => {
      const watch = await openWatch(controlPlane.credentials, `${CONFIG_MAPS}?resourceVersion=1&timeoutSeconds=1&allowWatchBookmarks=true`);
      await eventually(() => watch.ended(), 'the end');
      const last = watch.events.at(-1);
      const list = await ask('GET', CONFIG_MAPS);
      expect([last?.type, last?.object.metadata.resourceVersion]).to.deep.equal(['BOOKMARK', list.body.metadata.resourceVersion]);
      expect(last?.object.kind).to.equal('ConfigMap');
    });

    it('stream the initial list when asked, closed by a bookmark', async () => {
      const query = 'sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
      const watch = await openWatch(controlPlane.credentials, `/api/v1/namespaces?${query}`);
      const bookmark = await watch.until(({ type }) => type === 'BOOKMARK', 'the bookmark');
      expect(bookmark.object.metadata.annotations).to.deep.equal({ 'k8s.io/initial-events-end': 'true' });
      expect(watch.events[0]?.type).to.equal('ADDED');
      watch.close();
    });

    it('end when their resource is defined otherwise, or no more', async () => {
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
      const versions = [{ name: 'v1', served: true, storage: true, schema }];
      const names = { plural: 'fleetings', singular: 'fleeting', kind: 'Fleeting' };
      const crd = { metadata: { name: 'fleetings.example.org' }, spec: { group: 'example.org', scope: 'Cluster', names, versions } };
      const [crds, path] = ['/apis/apiextensions.k8s.io/v1/customresourcedefinitions', '/apis/example.org/v1/fleetings'];
      expect((await ask('POST', crds, crd)).code).to.equal(201);
      await ask('POST', path, { metadata: { name: 'a' } });
      const first = await openWatch(controlPlane.credentials, path);
      await first.until(({ type }) => type === 'ADDED', 'the object');
      await ask('PATCH', `${crds}/fleetings.example.org`, { metadata: { labels: { a: 'b' } } }, MERGE);
      const next = { ...schema.openAPIV3Schema, description: 'another one' };
      await ask('PATCH', path + '/a', { metadata: { labels: { a: 'b' } } }, MERGE);
      await first.until(({ type }) => type === 'MODIFIED', 'the change, after one of the definition that is none of its spec');
      await ask(
        'PATCH',
        `${crds}/fleetings.example.org`,
        { spec: { versions: [{ ...versions[0], schema: { openAPIV3Schema: next } }] } },
        MERGE,
      );
      await eventually(() => first.ended(), 'the end of the watch on the old definition');
      const second = await openWatch(controlPlane.credentials, path);
      await ask('DELETE', `${crds}/fleetings.example.org`);
      await eventually(() => second.ended(), 'the end of the watch on what is not served any more');
      expect(second.events.map(({ type }) => type)).to.deep.equal(['ADDED', 'DELETED']);
    });

    it('from the future are told to list again', async () => {
      const { code, body } = await ask('GET', `${CONFIG_MAPS}?watch=true&resourceVersion=999999999`);
      expect([code, body.reason]).to.deep.equal([410, 'Expired']);
    });

    it('as tables define their columns once', async () => {
      const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
      const watch = await openWatch(controlPlane.credentials, '/api/v1/namespaces', headers);
      await eventually(() => watch.events.length >= 4, 'the rows');
      const columns = watch.events.map(({ object }) => object.columnDefinitions.length as number);
      expect(columns[0]).to.be.greaterThan(0);
      expect(columns.slice(1)).to.satisfy((counts: number[]) => counts.every((count) => count === 0));
      watch.close();
    });

    it('of clients that do not read are cut off, others go on', async () => {
      await ask('POST', '/api/v1/namespaces', { metadata: { name: 'busy' } });
      const maps = '/api/v1/namespaces/busy/configmaps';
      await ask('POST', maps, { metadata: { name: 'm' } });
      const watched = `${maps}?fieldSelector=metadata.name%3Dm`;
      const stuck = await openWatch(controlPlane.credentials, watched);
      stuck.response.pause();
      const reading = await openWatch(controlPlane.credentials, watched);
      const filler = 'x'.repeat(20_000);
      for (let batch = 0; batch < 30; batch += 1) {
        const writes = Array.from({ length: 60 }, (_, index) =>
          ask('PATCH', `${maps}/m`, { data: { filler, at: `${batch}-${index}` } }, MERGE),
        );
        await Promise.all(writes);
        await eventually(() => reading.events.length === 1 + (batch + 1) * 60, 'all events at the reader');
      }
      stuck.response.resume();
      await eventually(() => stuck.ended(), 'the end of the stuck watch');
      expect(stuck.events.length).to.be.lessThan(1 + 30 * 60);
      reading.close();
    }).timeout(60_000);
  });
});
