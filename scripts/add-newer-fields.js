// Writes data/newer-fields.json: what Kubernetes 1.32 has beyond the definitions in data/openapi.json, taken from the models of
// @kubernetes/client-node (Apache-2.0, generated from Kubernetes' OpenAPI):
//   node scripts/add-newer-fields.js
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DATA = join(import.meta.dirname, '../src/daemons/controlplane/apiserver/data');
const MODELS = join(import.meta.dirname, '../node_modules/@kubernetes/client-node/dist/gen/models');
const PREFIX = '#/definitions/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const CORE = 'io.k8s.api.core.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/**
 * What came after 1.32, by the Kubernetes API reference of each version: the models are those of 1.34.
 * A definition's last name, and its fields.
 */
const LATER = {
  Container: ['restartPolicyRules'],
  ContainerStatus: ['stopSignal'],
  DeploymentStatus: ['terminatingReplicas'],
  EndpointHints: ['forNodes'],
  EnvVarSource: ['fileKeyRef'],
  EphemeralContainer: ['restartPolicyRules'],
  Lifecycle: ['stopSignal'],
  NodeSystemInfo: ['swap'],
  PodCondition: ['observedGeneration'],
  PodSpec: ['hostnameOverride'],
  PodStatus: ['extendedResourceClaimStatus', 'observedGeneration'],
  ReplicaSetStatus: ['terminatingReplicas'],
  VolumeProjection: ['podCertificate'],
  VolumeError: ['errorCode'],
};

/** Models that are not called `V1` and the definition's last name. */
const MODEL_NAMES = {
  [`${CORE}.Event`]: 'CoreV1Event',
  [`${CORE}.EventList`]: 'CoreV1EventList',
  [`${CORE}.EventSeries`]: 'CoreV1EventSeries',
  [`${CORE}.EndpointPort`]: 'CoreV1EndpointPort',
  [`${CORE}.ResourceClaim`]: 'CoreV1ResourceClaim',
  // The one name of probes' and hooks' handlers in 1.20; a probe has its fields inline.
  [`${CORE}.Handler`]: 'V1LifecycleHandler',
  'io.k8s.api.discovery.v1.EndpointPort': 'DiscoveryV1EndpointPort',
  'io.k8s.api.events.v1.Event': 'EventsV1Event',
  'io.k8s.api.events.v1.EventList': 'EventsV1EventList',
  'io.k8s.api.events.v1.EventSeries': 'EventsV1EventSeries',
  'io.k8s.api.authentication.v1.TokenRequest': 'AuthenticationV1TokenRequest',
  'io.k8s.api.rbac.v1.Subject': 'RbacV1Subject',
  [`${EXTENSIONS}.ServiceReference`]: 'ApiextensionsV1ServiceReference',
  [`${EXTENSIONS}.WebhookClientConfig`]: 'ApiextensionsV1WebhookClientConfig',
};

const byKey = (key, strategy) => ({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': [key],
  ...(strategy && { 'x-kubernetes-patch-merge-key': key, 'x-kubernetes-patch-strategy': strategy }),
});
/**
 * What the models do not tell, by the markers (`+listType`, `+listMapKey`, `patchStrategy`, `patchMergeKey`) of k8s.io/api and
 * k8s.io/apiextensions-apiserver 0.32. All other lists are atomic there, too.
 */
const LISTS = {
  'ContainerStatus.allocatedResourcesStatus': byKey('name', 'merge'),
  'ContainerStatus.volumeMounts': byKey('mountPath', 'merge'),
  'JSONSchemaProps.x-kubernetes-validations': byKey('rule', 'merge'),
  'PodSpec.resourceClaims': byKey('name', 'merge,retainKeys'),
  'PodSpec.schedulingGates': byKey('name', 'merge'),
  'PodStatus.hostIPs': {
    'x-kubernetes-list-type': 'atomic',
    'x-kubernetes-patch-merge-key': 'ip',
    'x-kubernetes-patch-strategy': 'merge',
  },
  'PodStatus.resourceClaimStatuses': byKey('name', 'merge,retainKeys'),
  'ResourceRequirements.claims': byKey('name'),
  'ResourceStatus.resources': byKey('resourceID'),
};
const MAPS = { 'PersistentVolumeClaimStatus.allocatedResourceStatuses': { 'x-kubernetes-map-type': 'granular' } };
/** The models call a quantity a string. */
const QUANTITIES = ['ContainerStatus.allocatedResources', 'PersistentVolumeClaimStatus.allocatedResources'];
/** Where a new definition stands that is of another package than the one that names it. */
const ELSEWHERE = { FieldSelectorRequirement: META };

const known = JSON.parse(readFileSync(join(DATA, 'openapi.json'), 'utf8'));
const added = {};

const lastName = (name) => name.slice(name.lastIndexOf('.') + 1);
const refTo = (name) => ({ $ref: `${PREFIX}${name}` });
const modelOf = (name) => MODEL_NAMES[name] ?? `V1${lastName(name)}`;

/** The model behind a definition: its fields with their types, which of them may be left out, and what is said of them. */
async function readModel(name) {
  const model = modelOf(name);
  let declaration;
  try {
    declaration = readFileSync(join(MODELS, `${model}.d.ts`), 'utf8');
  } catch {
    return undefined;
  }
  const { [model]: type } = await import(pathToFileURL(join(MODELS, `${model}.js`)).href);
  const [head, body] = declaration.split(`export declare class ${model} {`);
  const fields = new Map();
  for (const [, comment, field, optional] of body.matchAll(/(?:\/\*\*\n((?:\s*\*(?!\/).*\n)*)\s*\*\/\n)?\s*'([^']+)'(\??): /g)) {
    fields.set(field, { description: comment && textOf(comment), required: optional === '' });
  }
  const about = head.match(/\/\*\*\n((?:\* .*\n)+)\*\/\n$/)?.[1];
  return { description: about && textOf(about), fields: type.getAttributeTypeMap().map((each) => ({ ...each, ...fields.get(each.name) })) };
}

/** A comment's text; quotes have a backslash in it. */
function textOf(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
  return lines
    .join('\n')
    .trim()
    .replaceAll(/\\(["'])/g, '$1');
}

/** The schema of one field, and the definitions that it needs. */
async function schemaOf(owner, { baseName, type, format, description }) {
  const place = `${lastName(owner)}.${baseName}`;
  const list = type.match(/^Array<(.*)>$/)?.[1];
  const map = type.match(/^\{ \[key: string\]: (.*); \}$/)?.[1];
  if (list !== undefined) {
    const items = await valueOf(owner, list, format);
    return { description, type: 'array', items, ...(LISTS[place] ?? { 'x-kubernetes-list-type': 'atomic' }) };
  }
  if (map !== undefined) {
    const values = QUANTITIES.includes(place) ? refTo('io.k8s.apimachinery.pkg.api.resource.Quantity') : await valueOf(owner, map, format);
    return { description, type: 'object', additionalProperties: values, ...MAPS[place] };
  }
  const value = await valueOf(owner, type, format);
  const about = description ?? (value.$ref && (await readModel(value.$ref.slice(PREFIX.length)))?.description);
  return { description: about, ...value };
}

async function valueOf(owner, type, format) {
  if (type === 'string' || type === 'boolean') return { type, ...(format && { format }) };
  if (type === 'number') return { type: format.startsWith('int') ? 'integer' : 'number', format };
  if (type === 'IntOrString') return refTo('io.k8s.apimachinery.pkg.util.intstr.IntOrString');
  if (type === 'Date') return refTo(`${META}.Time`);
  if (type === 'V1MicroTime') return refTo(`${META}.MicroTime`);
  const short = type.match(/^(?:Core|Rbac|Events|Discovery|Apiextensions|Authentication)?V1(.*)$/)?.[1];
  if (short === undefined) throw new Error(`${owner} has a field of type ${type}`);
  const home = owner.slice(0, owner.lastIndexOf('.'));
  const places = [ELSEWHERE[short], home, META, CORE].filter(Boolean).map((place) => `${place}.${short}`);
  const name = places.find((place) => place in known) ?? places[0];
  if (!(name in known) && !(name in added)) await define(name);
  return refTo(name);
}

async function define(name) {
  added[name] = {};
  const { description, fields } = await readModel(name);
  const properties = {};
  for (const field of fields) properties[field.baseName] = await schemaOf(name, field);
  const required = fields.filter((field) => field.required).map(({ baseName }) => baseName);
  added[name] = { description, type: 'object', ...(required.length > 0 && { required }), properties };
}

for (const [name, { properties = {} }] of Object.entries(known)) {
  const fields = (await readModel(name))?.fields ?? [];
  const later = LATER[lastName(name)] ?? [];
  const missing = fields.filter(({ baseName }) => !(baseName in properties) && !later.includes(baseName));
  if (missing.length === 0) continue;
  if (missing.some((field) => field.required)) throw new Error(`${name}: what is new cannot be needed`);
  added[name] = { properties: {} };
  for (const field of missing) added[name].properties[field.baseName] = await schemaOf(name, field);
}

const lines = Object.keys(added).sort();
const text = lines.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(added[name])}`).join(',\n');
writeFileSync(join(DATA, 'newer-fields.json'), `{\n${text}\n}\n`);
