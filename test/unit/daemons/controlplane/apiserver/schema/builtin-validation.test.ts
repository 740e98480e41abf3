import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { builtinDefaults } from '../../../../../../src/daemons/controlplane/apiserver/schema/builtin-defaults.ts';
import { validateBuiltin } from '../../../../../../src/daemons/controlplane/apiserver/schema/builtin-validation.ts';
import { applyPatch } from '../../../../../../src/daemons/controlplane/apiserver/schema/patch.ts';
import { definitionFor } from '../../../../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';
import { decodeObject } from '../../../../../../src/daemons/controlplane/apiserver/schema/validate.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../../../../src/protocol/kubernetes.ts';

type Kind = 'pod' | 'configMap' | 'secret' | 'node' | 'namespace' | 'event' | 'lease' | 'crd';
interface Cause {
  reason: string;
  message: string;
  field: string;
}
interface Case {
  kind: Kind;
  patch: object;
  update?: object;
  code: number;
  causes: Cause[];
}
interface Recording {
  base: Record<Kind, KubeObject>;
  create: Case[];
  update: Case[];
}

const recording = JSON.parse(
  readFileSync(new URL('../../../../../fixtures/apiserver/validation.json', import.meta.url), 'utf8'),
) as Recording;

function made(resource: ApiResource, input: unknown): KubeObject {
  const schema = definitionFor(resource);
  if (schema === undefined) throw new Error(`no schema of ${resource.kind}`);
  return builtinDefaults(resource, decodeObject(input, schema, 'Ignore').object);
}

/** Go prints whole structures, explains regular expressions and JSON in its own words, and shows what changed in a pod. */
function comparable({ field, message }: Cause): string {
  const text = message
    .replace(/(value: )(?:\w+\.|\[|\{).*?(: (?:must|entries|taints|value must|Only|\/v1)|$)/s, '$1…$2')
    .replace(/(isn't: |redacted>": ).*$/s, '$1…')
    .replace(/(only additions to existing tolerations\)).*$/s, '$1')
    .replace(/: [a-z.]* in body/, ': in body');
  return `${field}: ${text}`;
}

/** The recorded server also reports on fields that it makes up itself. */
const DERIVED = ['status.storedVersions', 'spec.version'];

function unique(causes: readonly Cause[]): string[] {
  return [...new Set(causes.filter(({ field }) => !DERIVED.includes(field)).map(comparable))].sort();
}

describe('validateBuiltin, compared with a recording of a real API server', () => {
  recording.create.forEach(({ kind, patch, code, causes }, index) => {
    it(`creates ${kind} ${JSON.stringify(patch).slice(0, 90)} (${index}): ${code}`, () => {
      const resource = RESOURCES[kind];
      const object = made(resource, applyPatch('merge', recording.base[kind], patch));
      expect(unique(validateBuiltin(resource, object))).to.deep.equal(unique(causes));
    });
  });

  recording.update.forEach(({ kind, patch, update, code, causes }, index) => {
    it(`updates ${kind} ${JSON.stringify(update).slice(0, 90)} (${index}): ${code}`, () => {
      const resource = RESOURCES[kind];
      const old = made(resource, applyPatch('merge', recording.base[kind], patch));
      const object = made(resource, applyPatch('merge', old, update));
      expect(unique(validateBuiltin(resource, object, old))).to.deep.equal(unique(causes));
    });
  });
});
