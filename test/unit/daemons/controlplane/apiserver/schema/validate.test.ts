import { expect } from 'chai';
import { definitionFor } from '../../../../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';
import { decodeObject, InvalidObject, type FieldValidation } from '../../../../../../src/daemons/controlplane/apiserver/schema/validate.ts';
import type { SchemaNode } from '../../../../../../src/daemons/controlplane/apiserver/schema/schema-node.ts';

function schemaOf(group: string, kind: string): SchemaNode {
  const schema = definitionFor({ group, version: 'v1', kind });
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  return schema;
}

const POD = schemaOf('', 'Pod');
const head = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } };
const decoded = (input: unknown, schema = POD, mode: FieldValidation = 'Ignore'): unknown => decodeObject(input, schema, mode).object;
const withSpec = (spec: unknown): object => ({ ...head, spec });

describe('decodeObject', () => {
  it('drops unknown fields, warns of them, or refuses them', () => {
    const input = { ...withSpec({ containers: [{ name: 'a', foo: 1 }], bar: {} }), extra: 1 };
    const expected = withSpec({ containers: [{ name: 'a' }] });
    expect(decoded(input)).to.deep.equal(expected);
    expect(decodeObject(input, POD, 'Warn')).to.deep.equal({
      object: expected,
      warnings: ['unknown field "spec.containers[0].foo"', 'unknown field "spec.bar"', 'unknown field "extra"'],
    });
    expect(() => decoded(input, POD, 'Strict')).to.throw(
      InvalidObject,
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].foo", unknown field "spec.bar", unknown field "extra"',
    );
    expect(decodeObject(input, POD, 'Ignore', { preserveUnknown: true }).object).to.deep.equal(input);
  });

  it('names wrong types as the API server does', () => {
    const text = (spec: unknown): string => {
      try {
        decoded(withSpec(spec));
      } catch (error) {
        if (error instanceof InvalidObject) return error.message.replace('Pod in version "v1" cannot be handled as a Pod: ', '');
      }
      return '';
    };
    expect(text({ terminationGracePeriodSeconds: 'x' })).to.equal(
      'json: cannot unmarshal string into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
    );
    expect(text({ containers: [{ env: [{ name: 'A', value: 1 }] }] })).to.equal(
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    );
    expect(text({ containers: {} })).to.equal(
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    );
    expect(text({ hostNetwork: 'yes' })).to.equal(
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    );
    expect(text({ priority: 1.5 })).to.equal('json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32');
    expect(text({ priority: 3e9 })).to.contain('number 3000000000');
    expect(text([])).to.equal('json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec');
  });

  it('writes quantities as strings, takes numbers and strings for ports of probes', () => {
    const spec = {
      containers: [
        {
          resources: { limits: { cpu: 2, memory: '1Gi' } },
          livenessProbe: { httpGet: { port: 80 } },
          readinessProbe: { tcpSocket: { port: 'http' } },
        },
      ],
    };
    expect(decoded(withSpec(spec))).to.deep.equal(
      withSpec({ containers: [{ ...spec.containers[0], resources: { limits: { cpu: '2', memory: '1Gi' } } }] }),
    );
    expect(() => decoded(withSpec({ containers: [{ resources: { limits: { cpu: 'x y' } } }] }))).to.throw(
      InvalidObject,
      'quantities must match',
    );
  });

  it('leaves out empty lists and maps, as Go does, unless they must be there', () => {
    const metadata = { name: 'p', labels: {}, annotations: {}, finalizers: [] };
    const spec = { containers: [], volumes: [{ name: 'v', emptyDir: {} }], nodeSelector: {}, tolerations: [] };
    expect(decoded({ ...head, metadata, spec })).to.deep.equal({
      ...head,
      metadata: { name: 'p' },
      spec: { containers: [], volumes: [{ name: 'v', emptyDir: {} }] },
    });
  });

  it('takes null for what is optional, and for a value of a map or list its zero', () => {
    expect(
      decoded({ ...head, metadata: { name: 'p', labels: { a: null }, annotations: null, finalizers: [null] }, spec: null }),
    ).to.deep.equal({
      ...head,
      metadata: { name: 'p', labels: { a: '' }, finalizers: [''] },
    });
  });

  it('writes times in UTC: whole seconds, or six digits where the API keeps microseconds', () => {
    const lease = schemaOf('coordination.k8s.io', 'Lease');
    const input = {
      metadata: { name: 'l', creationTimestamp: '2026-01-01T02:00:00.9+02:00' },
      spec: { renewTime: '2026-01-01T00:00:00.123456789Z' },
    };
    expect(decoded(input, lease)).to.deep.equal({
      metadata: { name: 'l', creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { renewTime: '2026-01-01T00:00:00.123456Z' },
    });
    expect(() => decoded({ ...input, spec: { renewTime: 'soon' } }, lease)).to.throw(InvalidObject, 'parsing time "soon"');
  });

  it('refuses data of a Secret that is not base64', () => {
    const secret = schemaOf('', 'Secret');
    expect(() => decoded({ metadata: { name: 's' }, data: { a: 'b c' } }, secret)).to.throw(
      InvalidObject,
      'illegal base64 data at input byte 1',
    );
    expect(decoded({ metadata: { name: 's' }, data: { a: 'YQ==' } }, secret)).to.deep.equal({
      metadata: { name: 's' },
      data: { a: 'YQ==' },
    });
  });

  it('refuses what nests too deeply, and what is no object', () => {
    const crd = schemaOf('apiextensions.k8s.io', 'CustomResourceDefinition');
    const deep = JSON.parse(`${'{"spec":'.repeat(5000)}1${'}'.repeat(5000)}`) as unknown;
    expect(() => decoded(deep, crd)).to.throw(InvalidObject, 'exceeded max depth');
    expect(() => decoded([], POD)).to.throw(InvalidObject, 'cannot unmarshal array');
  });
});
