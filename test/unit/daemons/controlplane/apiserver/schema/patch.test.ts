import { expect } from 'chai';
import { definitionFor } from '../../../../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';
import { applyPatch, PatchError, type PatchKind } from '../../../../../../src/daemons/controlplane/apiserver/schema/patch.ts';

const pod = definitionFor({ group: '', version: 'v1', kind: 'Pod' });
const node = definitionFor({ group: '', version: 'v1', kind: 'Node' });

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** Patches frozen input: neither side may be changed. */
function patched(kind: PatchKind, current: unknown, patch: unknown, schema = pod): unknown {
  return applyPatch(kind, frozen(structuredClone(current)), frozen(patch), schema);
}

function refused(kind: PatchKind, current: unknown, patch: unknown): PatchError {
  try {
    patched(kind, current, patch);
  } catch (error) {
    if (error instanceof PatchError) return error;
    throw error;
  }
  throw new Error('the patch was applied');
}

const containers = (...list: object[]): object => ({ spec: { containers: list } });

describe('strategic merge patch', () => {
  it('merges the conditions and addresses of a Node by type, as KubeEdge patches them', () => {
    const current = {
      status: {
        conditions: [
          { type: 'MemoryPressure', status: 'False' },
          { type: 'Ready', status: 'True', reason: 'EdgeReady' },
        ],
        addresses: [
          { type: 'InternalIP', address: '10.0.0.1' },
          { type: 'Hostname', address: 'edge' },
        ],
        capacity: { cpu: '4', memory: '1Gi' },
      },
    };
    const patch = {
      status: {
        $setElementOrder: undefined,
        '$setElementOrder/conditions': [{ type: 'MemoryPressure' }, { type: 'Ready' }],
        conditions: [{ type: 'Ready', status: 'Unknown' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.2' }],
        capacity: { cpu: '8' },
      },
    };
    expect(patched('strategic', current, JSON.parse(JSON.stringify(patch)), node)).to.deep.equal({
      status: {
        conditions: [
          { type: 'MemoryPressure', status: 'False' },
          { type: 'Ready', status: 'Unknown', reason: 'EdgeReady' },
        ],
        addresses: [
          { type: 'InternalIP', address: '10.0.0.2' },
          { type: 'Hostname', address: 'edge' },
        ],
        capacity: { cpu: '8', memory: '1Gi' },
      },
    });
  });

  it('merges containers by name and adds new ones in front, as the API conventions show', () => {
    const current = containers({ name: 'nginx', image: 'nginx-1.0' });
    expect(patched('strategic', current, containers({ name: 'log-tailer', image: 'log-tailer-1.0' }))).to.deep.equal(
      containers({ name: 'log-tailer', image: 'log-tailer-1.0' }, { name: 'nginx', image: 'nginx-1.0' }),
    );
  });

  it('merges ports by containerPort inside of containers by name', () => {
    const current = containers({ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 81 }] });
    const patch = containers({ name: 'a', ports: [{ containerPort: 80, name: 'http' }] });
    expect(patched('strategic', current, patch)).to.deep.equal(
      containers({ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }, { containerPort: 81 }] }),
    );
  });

  it('replaces lists without the strategy: tolerations, taints by schema', () => {
    const current = { spec: { tolerations: [{ key: 'a' }], containers: [] } };
    expect(patched('strategic', current, { spec: { tolerations: [{ key: 'b' }] } })).to.deep.equal({
      spec: { tolerations: [{ key: 'b' }], containers: [] },
    });
    const taints = { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } };
    expect(patched('strategic', taints, { spec: { taints: [] } }, node)).to.deep.equal({ spec: { taints: [] } });
  });

  it('merges lists of primitives as sets', () => {
    const current = { metadata: { finalizers: ['a/1', 'b/2'] } };
    expect(patched('strategic', current, { metadata: { finalizers: ['c/3', 'b/2'] } })).to.deep.equal({
      metadata: { finalizers: ['c/3', 'a/1', 'b/2'] },
    });
  });

  it('$patch: delete removes an element, $patch: replace a whole list', () => {
    const current = containers({ name: 'a', image: 'x' }, { name: 'b', image: 'y' });
    expect(patched('strategic', current, containers({ name: 'a', $patch: 'delete' }))).to.deep.equal(containers({ name: 'b', image: 'y' }));
    expect(patched('strategic', current, containers({ $patch: 'replace' }, { name: 'c', image: 'z' }))).to.deep.equal(
      containers({ name: 'c', image: 'z' }),
    );
  });

  it('$patch: replace replaces a map, $patch: delete empties it', () => {
    const current = { metadata: { labels: { a: '1', b: '2' } } };
    expect(patched('strategic', current, { metadata: { labels: { $patch: 'replace', c: '3' } } })).to.deep.equal({
      metadata: { labels: { c: '3' } },
    });
    expect(patched('strategic', current, { metadata: { labels: { $patch: 'delete' } } })).to.deep.equal({ metadata: { labels: {} } });
  });

  it('null removes a key, and is never stored', () => {
    const current = { metadata: { labels: { a: '1', b: '2' } } };
    expect(patched('strategic', current, { metadata: { labels: { a: null, c: null }, annotations: { x: null, y: '1' } } })).to.deep.equal({
      metadata: { labels: { b: '2' }, annotations: { y: '1' } },
    });
  });

  it('$deleteFromPrimitiveList removes values', () => {
    const current = { metadata: { finalizers: ['a/1', 'b/2', 'c/3'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['b/2', 'unknown'] } };
    expect(patched('strategic', current, patch)).to.deep.equal({ metadata: { finalizers: ['a/1', 'c/3'] } });
  });

  it('$setElementOrder orders what it names and keeps the others before what they stood before', () => {
    const current = containers({ name: 'a' }, { name: 'server' }, { name: 'b' });
    const patch = {
      spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'new' }, { name: 'a' }], containers: [{ name: 'new', image: 'n' }] },
    };
    expect(patched('strategic', current, patch)).to.deep.equal(
      containers({ name: 'server' }, { name: 'b' }, { name: 'new', image: 'n' }, { name: 'a' }),
    );
  });

  it('$retainKeys drops what it does not list', () => {
    const current = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
    const patch = { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] } };
    expect(patched('strategic', current, patch)).to.deep.equal({ spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] } });
  });

  it('leaves no directive in what it adds', () => {
    const patch = containers({ name: 'a', ports: [{ containerPort: 1, $patch: 'delete' }], '$setElementOrder/ports': [], env: null });
    expect(patched('strategic', {}, patch)).to.deep.equal(containers({ name: 'a', ports: [] }));
  });

  it('refuses with the texts of the API server', () => {
    const current = containers({ name: 'a', image: 'x' });
    const message = (patch: unknown): string => refused('strategic', current, patch).message;
    expect(message(containers({ image: 'x' }))).to.equal('map: map[image:x] does not contain declared merge key: name');
    expect(message({ spec: { $patch: 'foo' } })).to.equal('unknown patch type: foo in map: map[$patch:foo]');
    expect(message(containers({ name: 'a', $patch: 'zz' }))).to.equal('unknown patch type: zz in map: map[$patch:zz name:a]');
    expect(message(containers({ name: 'a', $patch: 'merge' }))).to.equal('merging lists cannot yet be specified in the patch');
    expect(message({ spec: { containers: [1] } })).to.equal('list element types are not identical: [[map[image:x name:a]] [1]]');
    expect(message({ spec: { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a', image: 'x' }] } })).to.equal(
      "The order in patch list:\n[map[image:x name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    );
    expect(refused('strategic', current, []).code).to.equal(400);
    expect(message([])).to.equal('json: cannot unmarshal array into Go value of type map[string]interface {}');
  });
});

describe('merge patch (RFC 7386)', () => {
  // The examples of the RFC's appendix whose patch is an object.
  const examples: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  examples.forEach(([current, patch, result]) => {
    it(`${JSON.stringify(current)} + ${JSON.stringify(patch)}`, () => {
      expect(patched('merge', current, patch)).to.deep.equal(result);
    });
  });
});

describe('JSON patch (RFC 6902)', () => {
  it('applies operations in order', () => {
    const patch = [
      { op: 'test', path: '/a', value: 1 },
      { op: 'add', path: '/list/-', value: 3 },
      { op: 'move', from: '/a', path: '/b~1c' },
      { op: 'copy', from: '/list/0', path: '/d' },
      { op: 'replace', path: '/list/1', value: { x: 1 } },
      { op: 'remove', path: '/d' },
    ];
    expect(patched('json', { a: 1, list: [1, 2] }, patch)).to.deep.equal({ list: [1, { x: 1 }, 3], 'b/c': 1 });
  });

  it('answers 422 for a test that fails and for paths that lead nowhere', () => {
    for (const operation of [
      { op: 'test', path: '/a', value: 2 },
      { op: 'remove', path: '/x' },
      { op: 'add', path: '/x/y', value: 1 },
      { op: 'bogus', path: '/a' },
    ]) {
      const error = refused('json', { a: 1 }, [operation]);
      expect([error.code, error.message]).to.deep.equal([422, 'the server rejected our request due to an error in our request']);
    }
    expect(refused('json', {}, { op: 'add' }).message).to.equal('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  });

  it('bounds the number of operations and what copies may grow to', () => {
    const tests = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
    const error = refused('json', { a: 1 }, tests);
    expect([error.code, error.message]).to.deep.equal([
      413,
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ]);
    const copies = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/a', path: `/a/c${index}` }));
    expect(refused('json', { a: { x: 'x'.repeat(100) } }, copies).message).to.contain('exceeding the limit');
  });
});

describe('patches and prototypes', () => {
  const evil = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as unknown;

  for (const kind of ['merge', 'strategic'] as const) {
    it(`${kind}: __proto__ is an ordinary key`, () => {
      const result = applyPatch(kind, { metadata: {} }, { metadata: evil, spec: evil }, pod) as { metadata: object };
      expect(({} as { polluted?: true }).polluted).to.equal(undefined);
      expect(Object.getPrototypeOf(result.metadata)).to.equal(Object.prototype);
      expect(Object.keys(result.metadata)).to.deep.equal(['__proto__', 'constructor']);
    });
  }

  it('json: such paths are refused', () => {
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/metadata/__proto__/polluted']) {
      expect(refused('json', { metadata: {} }, [{ op: 'add', path, value: true }]).code).to.equal(422);
    }
    expect(({} as { polluted?: true }).polluted).to.equal(undefined);
  });

  it('refuses what nests too deeply', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as unknown;
    expect(() => applyPatch('merge', {}, deep)).to.throw(PatchError, 'exceeded max depth');
  });
});
