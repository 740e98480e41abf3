import { expect } from 'chai';
import { compare } from '../../../../../../src/daemons/controlplane/apiserver/fields/compare.ts';
import { pathsOf, type FieldSet } from '../../../../../../src/daemons/controlplane/apiserver/fields/field-set.ts';
import { fieldType, objectType } from '../../../../../../src/daemons/controlplane/apiserver/fields/field-type.ts';
import { decodeFields } from '../../../../../../src/daemons/controlplane/apiserver/fields/fields-v1.ts';
import { isReset, decodeManagers, encodeManagers } from '../../../../../../src/daemons/controlplane/apiserver/fields/managed-fields.ts';
import { mergeApplied } from '../../../../../../src/daemons/controlplane/apiserver/fields/merge.ts';
import { showPath } from '../../../../../../src/daemons/controlplane/apiserver/fields/path-element.ts';
import { reconcile } from '../../../../../../src/daemons/controlplane/apiserver/fields/reconcile.ts';
import { toFieldSet } from '../../../../../../src/daemons/controlplane/apiserver/fields/to-field-set.ts';
import { typeErrors, typeErrorText } from '../../../../../../src/daemons/controlplane/apiserver/fields/typed-validation.ts';
import { definitionFor } from '../../../../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';
import type { SchemaNode } from '../../../../../../src/daemons/controlplane/apiserver/schema/schema-node.ts';

const pod = objectType(definitionFor({ group: '', version: 'v1', kind: 'Pod' }) ?? {}, false);
const shown = (set: FieldSet): string[] => [...pathsOf(set)].map(showPath);
const podOf = (container: object, spec: object = {}) => ({ spec: { ...spec, containers: [{ name: 'c', ...container }] } });
const inContainer = (container: object): string[] =>
  shown(toFieldSet(pod, podOf(container)))
    .filter((path) => path.startsWith('.spec.containers[name="c"].'))
    .map((path) => path.slice('.spec.containers[name="c"]'.length))
    .filter((path) => path !== '.name');

describe('the fields of built-in kinds', () => {
  it('are lists by keys, of which the protocol of a port may be left out', () => {
    expect(inContainer({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] })).to.deep.equal([
      '.ports[containerPort=80,protocol="TCP"]',
      '.ports[containerPort=80,protocol="UDP"]',
      '.ports[containerPort=80,protocol="TCP"].containerPort',
      '.ports[containerPort=80,protocol="UDP"].containerPort',
      '.ports[containerPort=80,protocol="UDP"].protocol',
    ]);
  });

  it('are owned as a whole where newer API servers say so: selectors, references, commands', () => {
    const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    expect(inContainer({ command: ['a', 'b'], env })).to.deep.equal([
      '.command',
      '.env[name="E"]',
      '.env[name="E"].name',
      '.env[name="E"].valueFrom.secretKeyRef',
    ]);
    expect(shown(toFieldSet(pod, { spec: { nodeSelector: { a: 'b' } } }))).to.deep.equal(['.spec.nodeSelector']);
  });

  it('take numbers for quantities and for what is a number or a string', () => {
    const object = podOf({ resources: { limits: { cpu: 1 } }, livenessProbe: { httpGet: { port: 'http' } } });
    expect(typeErrors(pod, object)).to.deep.equal([]);
  });

  it('have no value of their own where Go has no pointer', () => {
    const { added, modified } = compare(pod, {}, { ...podOf({}), status: {} });
    expect(shown(added)).to.deep.equal(['.spec.containers[name="c"]', '.spec.containers[name="c"].name']);
    expect(shown(modified)).to.deep.equal([]);
    const { added: pointers } = compare(pod, { spec: {} }, { spec: { dnsConfig: { nameservers: ['::1'] } } });
    expect(shown(pointers)).to.deep.equal(['.spec.dnsConfig', '.spec.dnsConfig.nameservers']);
  });

  for (const [what, object, message] of [
    ['unknown field', { spec: { nope: 1 } }, '.spec.nope: field not declared in schema'],
    ['number for a string', { spec: { nodeName: 1 } }, '.spec.nodeName: expected string, got 1'],
    ['string for a number', { spec: { priority: 'x' } }, '.spec.priority: expected numeric (int or float), got "x"'],
    ['list for a map', { spec: [] }, '.spec: expected map, got []'],
    ['map for a list', { spec: { containers: {} } }, '.spec.containers: expected list, got {}'],
    ['map for a string', { spec: { nodeName: {} } }, '.spec.nodeName: expected string, got {}'],
    ['element twice', { spec: { containers: [{ name: 'a' }, { name: 'a' }] } }, '.spec.containers: duplicate entries for key [name="a"]'],
    ['element without its key', { spec: { containers: [{ image: 'a' }] } }, '.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)'],
    ['element that is null', { spec: { containers: [null] } }, '.spec.containers: element 0: associative list with keys may not have a null element'],
    ['map in a set', { metadata: { finalizers: [{}] } }, ".metadata.finalizers: element 0: associative list without keys has an element that's a map type"],
    ['null in a set', { metadata: { finalizers: [null] } }, ".metadata.finalizers: element 0: associative list without keys has an element that's an explicit null"],
  ] as const) {
    it(`do not take ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`, () => expect(typeErrorText(typeErrors(pod, object))).to.equal(message));
  } // prettier-ignore

  it('say everything that is wrong', () => {
    const text = typeErrorText(typeErrors(pod, { spec: { nope: 1, containers: [{ name: 'a', image: 3 }] } }));
    expect(text).to.equal(
      'errors:\n  .spec.nope: field not declared in schema\n  .spec.containers[name="a"].image: expected string, got 3',
    );
  });
});

describe('the fields of custom resources', () => {
  const text: SchemaNode = { type: 'string' };
  const schema: SchemaNode = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'array', items: text } } },
          embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
          either: { 'x-kubernetes-int-or-string': true },
          granular: { type: 'object', additionalProperties: text },
        },
      },
    },
  };
  const type = objectType(schema, true);

  it('have metadata as all objects do, and no unknown fields', () => {
    const object = { apiVersion: 'x/v1', kind: 'X', metadata: { name: 'a', finalizers: ['f'], nope: 1 }, other: 1 };
    expect(typeErrors(type, object)).to.deep.equal([
      '.metadata.nope: field not declared in schema',
      '.other: field not declared in schema',
    ]);
    expect(shown(toFieldSet(type, { metadata: { finalizers: ['f'] } }))).to.deep.equal(['.metadata.finalizers[="f"]']);
  });

  it('are owned one by one where unknown fields are kept, lists as a whole', () => {
    const spec = {
      free: { a: { b: [1, { c: 2 }], d: 'x' }, known: ['y'] },
      either: 3,
      embedded: { metadata: { labels: { l: '1' } }, z: 1 },
    };
    expect(typeErrors(type, { spec })).to.deep.equal([]);
    expect(shown(toFieldSet(type, { spec })).sort()).to.deep.equal([
      '.spec.either',
      '.spec.embedded.metadata.labels.l',
      '.spec.embedded.z',
      '.spec.free.a',
      '.spec.free.a.b',
      '.spec.free.a.d',
      '.spec.free.known',
    ]);
  });

  it('that are owned in parts become whole when the schema says so', () => {
    const granular = { 'f:spec': { 'f:granular': { 'f:a': {}, 'f:b': {} } } };
    expect(reconcile(type, decodeFields(granular))).to.deep.equal(decodeFields(granular));
    const atomic = fieldType({
      type: 'object',
      properties: { spec: { type: 'object', properties: { granular: { type: 'object', 'x-kubernetes-map-type': 'atomic' } } } },
    });
    expect(shown(reconcile(atomic, decodeFields(granular)))).to.deep.equal(['.spec.granular']);
  });

  it('of which nothing is said change their form with their value', () => {
    const free = objectType({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, true);
    const { removed, modified, added } = compare(free, { spec: { x: { y: 1 } } }, { spec: { x: 'text' } });
    expect([shown(removed), shown(modified), shown(added)]).to.deep.equal([['.spec.x.y'], ['.spec.x'], []]);
    expect(mergeApplied(free, { spec: { x: 1, z: 1 } }, { spec: { x: { y: 1 } } })).to.deep.equal({ spec: { x: { y: 1 }, z: 1 } });
  });

  it('named __proto__ are fields like others', () => {
    const free = objectType({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, true);
    const applied = JSON.parse('{"spec":{"__proto__":{"polluted":"yes"}}}') as unknown;
    const merged = mergeApplied(free, { spec: { a: 1 } }, applied);
    expect(JSON.stringify(merged)).to.equal('{"spec":{"a":1,"__proto__":{"polluted":"yes"}}}');
    expect(shown(toFieldSet(free, merged))).to.include('.spec.__proto__.polluted');
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });
});

describe('metadata.managedFields', () => {
  const entry = {
    manager: 'm',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': {} },
  };

  it('is read and written, those who apply first, then by time', () => {
    const entries = [
      { ...entry, manager: 'z', operation: 'Apply', subresource: 'status' },
      { ...entry, manager: 'y', time: '2025-01-01T00:00:00Z' },
      entry,
    ];
    expect(encodeManagers(decodeManagers([entries[2], entries[0], entries[1]]))).to.deep.equal(entries);
    expect(encodeManagers(decodeManagers(undefined))).to.equal(undefined);
  });

  for (const broken of [
    'x',
    ['x'],
    [{ ...entry, operation: 'Guess' }],
    [{ ...entry, apiVersion: '' }],
    [{ ...entry, fieldsType: 'FieldsV2' }],
    [{ ...entry, manager: 1 }],
    [{ ...entry, fieldsV1: { data: {} } }],
  ]) {
    it(`is not ${JSON.stringify(broken)}`, () => expect(() => decodeManagers(broken)).to.throw(SyntaxError));
  }

  it('is reset by an empty list, or by one of an empty entry', () => {
    expect([[], [{}], [{}, {}], [entry], undefined, null, {}].map(isReset)).to.deep.equal([true, true, false, false, false, false, false]);
  });
});
