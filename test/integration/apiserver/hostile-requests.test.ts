import { expect } from 'chai';
import { APPLY, HostileClient, JSON_PATCH, JSON_TYPE, list, MAPS, MERGE, PODS, STRATEGIC, WORDS } from '../../helpers/hostile-client.ts';

const YAML = 'application/yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

describe('hostile bodies to the embedded API server', function () {
  this.timeout(60_000);
  let client: HostileClient;

  before(async () => {
    client = await HostileClient.start();
  });
  after(() => client.stop());

  describe('YAML', () => {
    const bad: [what: string, text: string][] = [
      ['tags without end', '! '.repeat(100_000)],
      ['anchors without end', '&a '.repeat(100_000)],
      ['quotes without end', '"'.repeat(1_000_000)],
      ['aliases without end', `a: &a x\n${list(30_000, (index) => `k${index}: *a`).join('\n')}`],
      ['brackets that close nothing', ']'.repeat(200_000)],
      ['an alias of itself', 'a: &a [*a]'],
      ['a key twice', 'metadata: {name: q}\nmetadata: {name: r}'],
      ['two documents', 'metadata: {name: q}\n---\nmetadata: {name: r}'],
      ['an unknown tag', 'metadata: !!js/function "x"'],
      ['tabs', 'metadata:\n\tname: q'],
    ];
    for (const [what, text] of bad) {
      it(`with ${what}`, async () => {
        await client.refused('POST', MAPS, text, YAML, [400, 422]);
        await client.refused('PATCH', `${MAPS}/y?fieldManager=m`, text, APPLY, [400]);
      });
    }

    it('says where its first mistake is', async () => {
      const { body } = await client.refused('POST', MAPS, 'metadata:\n  name: q\n  name: r\n', YAML, [400]);
      expect(body.message).to.equal('error converting YAML to JSON: Map keys must be unique at line 3, column 3');
    });
  });

  describe('JSON patches', () => {
    for (const operation of [
      { op: 'copy', from: '/constructor', path: '/data/y' },
      { op: 'add', path: '/constructor/prototype/polluted', value: 'x' },
      { op: 'add', path: '/metadata/__proto__/polluted', value: 'x' },
      { op: 'test', path: '/__proto__', value: {} },
      { op: 'constructor', path: '/data/x', value: '1' },
      { op: 'toString', path: '/data/x' },
      { op: 'add', path: '', value: {} },
      { op: 'remove', path: '' },
      { op: 'add', path: 7, value: '1' },
      { op: 'move', from: '/data', path: '/data/x' },
      { path: '/data/x', value: '1' },
      null,
    ]) {
      it(`of ${JSON.stringify(operation)}`, () =>
        client.refused('PATCH', `${MAPS}/a`, [operation], JSON_PATCH, [422]).then(() => undefined));
    }

    it('that double a document, in size or in depth', async () => {
      const copies = list(64, (index) => ({ op: 'copy', from: '/data', path: `/data/c${index}` }));
      await client.refused('PATCH', `${MAPS}/a`, copies, JSON_PATCH, [422]);
      const deeper = list(12, (index) => ({ op: 'copy', from: '/free', path: `/free${'/a'.repeat(2 ** index)}` }));
      expect((await client.ask('POST', WORDS, { metadata: { name: 'deep' }, free: { a: {} } })).code).to.equal(201);
      await client.refused('PATCH', `${WORDS}/deep`, deeper, JSON_PATCH, [422]);
    });

    it('pollute no prototype', () => expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined));
  });

  describe('strategic merge patches with directives of a wrong type', () => {
    for (const patch of [
      { $patch: 1 },
      { spec: { $patch: {} } },
      { $retainKeys: 1 },
      { spec: { $retainKeys: 'x' } },
      { '$setElementOrder/x': 1 },
      { '$setElementOrder/': [] },
      { spec: { '$setElementOrder/containers': {} } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': 1 } },
      { spec: { containers: [null] } },
      { spec: { containers: [[]] } },
      { spec: { containers: [{ name: {} }] } },
      { spec: { containers: [{ name: 'c', $patch: {} }] } },
      { spec: { containers: 'x' } },
      { metadata: [] },
      { kind: 1 },
      { metadata: { resourceVersion: 1 } },
    ]) {
      it(JSON.stringify(patch), () => client.refused('PATCH', `${PODS}/p`, patch, STRATEGIC, [400, 409, 422]).then(() => undefined));
    }
  });

  describe('managedFields that a client made', () => {
    const entry = { manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {} } } };
    const nested = (depth: number): object => list(depth, (index) => index).reduce<object>((inner) => ({ 'f:a': inner }), {});
    for (const [what, managedFields] of [
      ['no list', 'x'],
      ['no entries', [1, null]],
      ['an operation that is none', [{ ...entry, operation: 'X' }]],
      ['a version that nobody serves', [{ ...entry, apiVersion: '__proto__' }]],
      ['broken fields', [{ ...entry, fieldsV1: { 'k:{': {}, q: 1 } }]],
      ['deep fields', [{ ...entry, fieldsV1: nested(150) }]],
      ['a value that nests deep', [{ ...entry, fieldsV1: { [`v:${'['.repeat(9_000)}${']'.repeat(9_000)}`]: {} } }]],
      ['a key that nests deep', [{ ...entry, fieldsV1: { [`k:{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`]: {} } }]],
      ['prototypes', JSON.parse(JSON.stringify([entry]).replace('"f:data"', '"__proto__":{},"f:__proto__":{"f:x":{}},"f:data"')) as unknown],
      ['a thousand managers', list(1_000, (index) => ({ ...entry, operation: 'Update', manager: `m${index}` }))],
    ] as const) {
      it(`of ${what}`, async () => {
        for (const [method, type] of [['PUT', JSON_TYPE], ['PATCH', MERGE], ['PATCH', STRATEGIC]] as const) {
          const body = { metadata: { name: 'a', managedFields }, data: { x: '1' } };
          const { code, text } = await client.ask(method, `${MAPS}/a`, body, type);
          expect(code, text.slice(0, 300)).to.be.oneOf([200, 400, 422]);
          const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { y: type.length.toString() } };
          const next = await client.ask('PATCH', `${MAPS}/a?fieldManager=next&force=true`, applied, APPLY);
          expect(next.code, next.text.slice(0, 300)).to.equal(200);
          const managers = next.body.metadata.managedFields as { manager: string; operation: string }[];
          expect(managers.filter(({ operation }) => operation === 'Update').length).to.be.at.most(10);
          expect(managers.map(({ manager }) => manager)).to.include('next');
        }
      });
    } // prettier-ignore
  });

  describe('options of a deletion', () => {
    for (const options of [
      { preconditions: 'x' },
      { preconditions: { uid: 5 } },
      { preconditions: { resourceVersion: 7 } },
      { gracePeriodSeconds: 'x' },
      { gracePeriodSeconds: 0.5 },
      { dryRun: 'All' },
      { orphanDependents: 'yes' },
      { kind: 'Pod', apiVersion: 'v1' },
      { apiVersion: 5 },
      [],
      5,
    ]) {
      it(`of ${JSON.stringify(options)} delete nothing`, () =>
        client.refused('DELETE', `${MAPS}/a`, JSON.stringify(options), JSON_TYPE, [400]).then(() => undefined));
    }
  });

  it('an apiVersion or a kind that is no text', async () => {
    for (const body of [{ apiVersion: { toString: 'x' } }, { kind: { toString: 'x' } }, { kind: [] }]) {
      await client.refused('POST', MAPS, { metadata: { name: 'b' }, ...body }, JSON_TYPE, [400]);
      await client.refused('PATCH', `${MAPS}/a`, body, MERGE, [400]);
      const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...body };
      await client.refused('PATCH', `${MAPS}/a?fieldManager=m`, applied, APPLY, [400]);
    }
  });

  it('protobuf that is cut off or longer than long', async () => {
    const bytes = (...list: number[]): Buffer => Buffer.concat([Buffer.from('k8s\0'), Buffer.from(list)]);
    const kind = '\n\x0f\n\x02v1\x12\tConfigMap';
    for (const body of [
      bytes(10),
      bytes(10, 255, 255, 255, 255, 255, 255, 255, 255, 127),
      bytes(10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
      bytes(...list(20, () => 255)),
      bytes(11, 12),
      bytes(15),
      bytes(8, 1),
      Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(3_000_000, 10)]),
      Buffer.from(`k8s\0${kind}\x12\x03\x0a\x09a`, 'latin1'),
      Buffer.from('k8s\0\n\x0f\n\x02v1\x12\t__proto__\x12\0', 'latin1'),
    ]) {
      await client.refused('POST', MAPS, body, PROTOBUF, [400, 415]);
      await client.refused('PUT', `${MAPS}/a`, body, PROTOBUF, [400, 415]);
      await client.refused('DELETE', `${MAPS}/nobody`, body, PROTOBUF, [400, 404, 415]);
    }
  });
});
