import { nameOfDefinition } from '../schema/openapi-data.ts';
import type { SchemaNode } from '../schema/schema-node.ts';

/**
 * Where newer API servers own fields otherwise than the schemas of Kubernetes 1.20 say, as client-go's apply configurations publish it:
 * references and selectors are owned as a whole, ports have their protocol as a key with a default.
 */
const ATOMIC_TYPES = new Set(
  `core.v1.ConfigMapKeySelector core.v1.EndpointAddress core.v1.EndpointPort core.v1.LocalObjectReference core.v1.NodeSelector
  core.v1.NodeSelectorTerm core.v1.ObjectFieldSelector core.v1.ObjectReference core.v1.ResourceFieldSelector core.v1.ScopeSelector
  core.v1.SecretKeySelector core.v1.SecretReference core.v1.TopologySelectorTerm core.v1.TypedLocalObjectReference
  rbac.v1.RoleRef rbac.v1.Subject`
    .split(/\s+/)
    .map((name) => `io.k8s.api.${name}`)
    .concat('io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference'),
);

const CORE = 'io.k8s.api.core.v1.';
const TCP: Partial<SchemaNode> = { default: 'TCP' };
const ATOMIC_MAP: Partial<SchemaNode> = { 'x-kubernetes-map-type': 'atomic' };
const PORTS: Partial<SchemaNode> = {
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
};

/** By definition and property: what is said beside the schema of the property. */
const PROPERTIES: Readonly<Record<string, Readonly<Record<string, Partial<SchemaNode>>>>> = {
  [`${CORE}ContainerPort`]: { protocol: TCP },
  [`${CORE}EphemeralContainer`]: { ports: PORTS },
  [`${CORE}PersistentVolumeSpec`]: { claimRef: { 'x-kubernetes-map-type': 'granular' } },
  [`${CORE}PodSpec`]: { nodeSelector: ATOMIC_MAP },
  [`${CORE}ReplicationControllerSpec`]: { selector: ATOMIC_MAP },
  [`${CORE}ServicePort`]: { protocol: TCP },
  [`${CORE}ServiceSpec`]: { selector: ATOMIC_MAP },
};

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';

/** A schema with what newer API servers say of it. */
export function newerSchema(schema: SchemaNode): SchemaNode {
  const name = nameOfDefinition(schema);
  if (name === undefined) return schema;
  // Numbers are quantities, too.
  if (name === QUANTITY) return { type: 'string', format: 'quantity' };
  if (name === RAW_EXTENSION) return { 'x-kubernetes-map-type': 'atomic' };
  const changes = PROPERTIES[name];
  const properties = changes === undefined ? {} : { properties: { ...schema.properties, ...changed(schema, changes) } };
  const atomic: Partial<SchemaNode> = ATOMIC_TYPES.has(name) ? ATOMIC_MAP : {};
  return { ...schema, ...properties, ...atomic };
}

function changed(schema: SchemaNode, changes: Readonly<Record<string, Partial<SchemaNode>>>): Record<string, SchemaNode> {
  return Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, { ...schema.properties?.[name], ...change }]));
}

/** Fields that are never absent for Go, whatever the JSON says: structs that are no pointers, and what `required` names. */
export type AlwaysThere = Readonly<Record<string, 'empty' | 'null'>>;

/** The fields that Kubernetes' types hold as values, in whichever of its structs they occur. */
const VALUE_STRUCTS = new Set(
  `metadata spec status resources template strategy updateStrategy loadBalancer nodeInfo daemonEndpoints kubeletEndpoint state lastState
  involvedObject regarding source deprecatedSource roleRef preference podAffinityTerm names acceptedNames`.split(/\s+/),
);

/** What is always there in a built-in struct; nothing in the schemas of custom resources. */
export function alwaysThere(schema: SchemaNode): AlwaysThere {
  if (nameOfDefinition(schema) === undefined) return {};
  const always: Record<string, 'empty' | 'null'> = {};
  for (const name of schema.required ?? []) always[name] = 'null';
  for (const [name, { type }] of Object.entries(schema.properties ?? {})) {
    // A condition has a `status`, too.
    if (VALUE_STRUCTS.has(name) && type === 'object') always[name] = 'empty';
  }
  return always;
}
