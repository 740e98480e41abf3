import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { builtinDefaults } from '../../../../../../src/daemons/controlplane/apiserver/schema/builtin-defaults.ts';
import { validateBuiltin } from '../../../../../../src/daemons/controlplane/apiserver/schema/builtin-validation.ts';
import { compileCrd } from '../../../../../../src/daemons/controlplane/apiserver/schema/crd.ts';
import { RESOURCES, type KubeObject } from '../../../../../../src/protocol/kubernetes.ts';

const folder = new URL('../../../../../../templates/crds/', import.meta.url);
const crds = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(new URL(file, folder), 'utf8')) as KubeObject);

function recordedObjects(): KubeObject[] {
  const frames = readFileSync(new URL('../../../../../fixtures/captures/frames.jsonl', import.meta.url), 'utf8');
  const found = new Map<string, KubeObject>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const object = value as KubeObject;
    if (object.apiVersion === 'devices.kubeedge.io/v1beta1' && 'spec' in object) found.set(JSON.stringify(object), object);
    Object.values(value).forEach(visit);
  };
  for (const line of frames.trim().split('\n')) visit(JSON.parse(line));
  return [...found.values()];
}

describe("KubeEdge's CustomResourceDefinitions", () => {
  for (const crd of crds) {
    it(`${crd.metadata.name} is valid`, () => {
      expect(validateBuiltin(RESOURCES.crd, builtinDefaults(RESOURCES.crd, crd))).to.deep.equal([]);
    });
  }

  it('take every Device and DeviceModel of the recordings as it is', () => {
    const objects = recordedObjects();
    expect(objects).to.have.length.greaterThan(1);
    for (const object of objects) {
      const crd = crds.find(
        (candidate) => (candidate as KubeObject & { spec: { names: { kind: string } } }).spec.names.kind === object.kind,
      );
      const version = crd === undefined ? undefined : compileCrd(crd).find(({ name }) => name === 'v1beta1');
      if (version === undefined) throw new Error(`no definition of ${String(object.kind)}`);
      expect(version.default(version.prune(object))).to.deep.equal(object);
      expect(version.validate(object)).to.deep.equal([]);
    }
  });
});
