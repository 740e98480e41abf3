import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { compileCrd, type CompiledVersion } from '../../../../../../src/daemons/controlplane/apiserver/schema/crd.ts';
import type { FieldError } from '../../../../../../src/daemons/controlplane/apiserver/schema/field-error.ts';
import type { SchemaNode } from '../../../../../../src/daemons/controlplane/apiserver/schema/schema-node.ts';
import type { KubeObject } from '../../../../../../src/protocol/kubernetes.ts';

interface Recording {
  crd: KubeObject;
  cases: { spec: object; code: number; causes: FieldError[]; result: object | null }[];
}

const recording = JSON.parse(
  readFileSync(new URL('../../../../../fixtures/apiserver/custom-resource.json', import.meta.url), 'utf8'),
) as Recording;

function onlyVersion(crd: KubeObject): CompiledVersion {
  const [version] = compileCrd(crd);
  if (version === undefined) throw new Error('no version');
  return version;
}

function versionOf(schema: SchemaNode): CompiledVersion {
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }];
  return onlyVersion({ metadata: { name: 'things.example.com' }, spec: { versions } } as KubeObject);
}

/** Newer servers name the element of a list; the recorded one shows limits in place of the number of properties, and a branch's errors. */
function comparable(errors: readonly FieldError[]): string[] {
  return errors
    .filter(({ field, message }) => field !== '<nil>' || !message.includes('allOf'))
    .filter(({ field }) => !/^spec\.(one|anyof)\.a$/.test(field))
    .map(({ field, message }) => `${field}: ${message}`)
    .map((text) => (text.includes('Duplicate value') ? text.replace(/(value: ).*/, '$1…') : text.replaceAll(/\[\d+\]/g, '')))
    .map((text) => text.replace(/value: \d+(: .* properties)/, 'value: …$1').replace('Required value: must not be empty', 'Required value'))
    .map((text) =>
      text.replace(/: Invalid value: "": (spec.emb.apiVersion in body should be at least 1 chars long|must not be empty)/, ': empty'),
    )
    .sort();
}

describe('CompiledVersion, compared with a recording of a real API server', () => {
  const version = onlyVersion(recording.crd);

  recording.cases.forEach(({ spec, code, causes, result }, index) => {
    it(`${JSON.stringify(spec)} (${index}): ${code}`, () => {
      const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 't' }, spec } as KubeObject;
      const made = version.default(version.prune(object)) as KubeObject & { spec: object };
      expect(comparable(version.validate(made))).to.deep.equal(comparable(causes));
      if (result !== null && !JSON.stringify(result).includes('"emb"')) expect(made.spec).to.deep.equal(result);
    });
  });
});

describe('CompiledVersion', () => {
  const object = (spec: unknown): KubeObject =>
    ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 't' }, spec }) as KubeObject;
  const withSpec = (spec: SchemaNode): CompiledVersion => versionOf({ type: 'object', properties: { spec } });

  it('names the paths of pruned fields, with indices', () => {
    const version = withSpec({
      type: 'object',
      properties: { list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } } },
    });
    const pruned: string[] = [];
    version.prune({ ...object({ list: [{ a: 'x' }, { b: 1 }], other: 2 }), extra: true } as KubeObject, pruned);
    expect(pruned).to.deep.equal(['spec.list[1].b', 'spec.other', 'extra']);
  });

  it('keeps a field named __proto__ away from prototypes', () => {
    const version = withSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
    const made = version.default(
      version.prune(JSON.parse('{"metadata":{"name":"t"},"spec":{"__proto__":{"polluted":true}}}') as KubeObject),
    );
    expect(JSON.stringify(made)).to.contain('"__proto__":{"polluted":true}');
    expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
    expect((made as unknown as { spec: { polluted?: boolean } }).spec.polluted).to.equal(undefined);
  });

  it('prunes inside what is preserved where the schema knows more', () => {
    const version = withSpec({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
    });
    const made = version.prune(object({ free: { x: 1 }, known: { a: 'a', b: 'b' } })) as KubeObject & { spec: unknown };
    expect(made.spec).to.deep.equal({ free: { x: 1 }, known: { a: 'a' } });
  });

  it('defaults each object of its own', () => {
    const version = withSpec({ type: 'object', properties: { list: { type: 'array', items: { type: 'string' }, default: ['a'] } } });
    const [one, two] = [1, 2].map(() => version.default(object({})) as KubeObject & { spec: { list: string[] } });
    one?.spec.list.push('b');
    expect(two?.spec.list).to.deep.equal(['a']);
  });

  it('takes no text for a pattern that is none, and says why', () => {
    const version = withSpec({
      type: 'object',
      properties: { a: { type: 'string', pattern: '^(?=x)' }, b: { type: 'string', pattern: '^x' } },
    });
    const reason = 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`';
    expect(version.validate(object({ a: 'x', b: 'y' }))).to.deep.equal([
      {
        field: 'spec.a',
        reason: 'FieldValueInvalid',
        message: `Invalid value: "x": spec.a in body should match '^(?=x), but pattern is invalid: ${reason}'`,
      },
      { field: 'spec.b', reason: 'FieldValueInvalid', message: `Invalid value: "y": spec.b in body should match '^x'` },
    ]);
    expect(version.validate(object({ b: 'x' }))).to.deep.equal([]);
  });

  it('says where an enum of a list is wrong', () => {
    const version = withSpec({
      type: 'object',
      properties: {
        properties: { type: 'array', items: { type: 'object', properties: { type: { type: 'string', enum: ['INT', 'FLOAT'] } } } },
      },
    });
    expect(version.validate(object({ properties: [{ type: 'X' }] }))).to.deep.equal([
      {
        field: 'spec.properties[0].type',
        reason: 'FieldValueNotSupported',
        message: 'Unsupported value: "X": supported values: "INT", "FLOAT"',
      },
    ]);
  });
});
