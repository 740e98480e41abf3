import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { claimSpecDefaults } from './claim-defaults.ts';
import { crdDefaults } from './crd-validation.ts';
import { endpointsDefaults, endpointSliceDefaults } from './endpoints-validation.ts';
import { isObject, type JsonObject } from './json.ts';
import { dnsLabel } from './name-rules.ts';
import { podDefaults } from './pod-defaults.ts';
import { budgetDefaults } from './policy-validation.ts';
import { bindingDefaults, roleDefaults } from './rbac-validation.ts';
import { serviceDefaults } from './service-defaults.ts';
import { daemonSetDefaults, deploymentDefaults, replicaSetDefaults } from './workload-defaults.ts';

type Defaults = (object: KubeObject) => KubeObject;

const DEFAULTS: ReadonlyMap<string, Defaults> = new Map(
  (
    [
      [RESOURCES.pod, podDefaults],
      [RESOURCES.secret, secretDefaults],
      [RESOURCES.node, nodeDefaults],
      [RESOURCES.namespace, namespaceDefaults],
      [RESOURCES.crd, crdDefaults],
      [
        RESOURCES.persistentVolume,
        (object) => withPathType(volumeDefaults(object, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' })),
      ],
      [RESOURCES.persistentVolumeClaim, claimDefaults],
      [RESOURCES.storageClass, (object) => ({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', ...object })],
      [RESOURCES.role, roleDefaults],
      [RESOURCES.clusterRole, roleDefaults],
      [RESOURCES.roleBinding, bindingDefaults],
      [RESOURCES.clusterRoleBinding, bindingDefaults],
      [RESOURCES.service, serviceDefaults],
      [RESOURCES.endpoints, endpointsDefaults],
      [RESOURCES.endpointSlice, endpointSliceDefaults],
      [RESOURCES.deployment, deploymentDefaults],
      [RESOURCES.replicaSet, replicaSetDefaults],
      [RESOURCES.daemonSet, daemonSetDefaults],
      [RESOURCES.podDisruptionBudget, budgetDefaults],
      [RESOURCES.priorityClass, (object) => ({ preemptionPolicy: 'PreemptLowerPriority', ...object })],
    ] satisfies [ApiResource, Defaults][]
  ).map(([{ group, kind }, defaults]) => [`${group}/${kind}`, defaults]),
);

/** A copy with the defaults that the API server fills in for a built-in kind; an object of another kind comes back as it is. */
export function builtinDefaults({ group, kind }: ApiResource, object: KubeObject): KubeObject {
  return DEFAULTS.get(`${group}/${kind}`)?.(object) ?? object;
}

/** `stringData` is written to be merged into `data`; it is never stored. */
function secretDefaults(object: KubeObject): KubeObject {
  const { stringData, ...secret } = object as KubeObject & JsonObject;
  const encoded = isObject(stringData)
    ? Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text as string).toString('base64')] as const)
    : [];
  const data = encoded.length === 0 ? {} : { data: { ...(secret['data'] as JsonObject | undefined), ...Object.fromEntries(encoded) } };
  const type = secret['type'] === undefined || secret['type'] === '' ? 'Opaque' : secret['type'];
  return { ...secret, ...data, type } as unknown as KubeObject;
}

function nodeDefaults(object: KubeObject): KubeObject {
  const node = object as KubeObject & JsonObject;
  const spec = isObject(node['spec']) ? { ...node['spec'] } : {};
  const [cidr, cidrs] = [spec['podCIDR'], spec['podCIDRs']];
  if (typeof cidr === 'string' && cidr !== '' && cidrs === undefined) spec['podCIDRs'] = [cidr];
  if (Array.isArray(cidrs) && cidrs.length > 0 && cidr === undefined) spec['podCIDR'] = cidrs[0] as unknown;
  const status = isObject(node['status']) ? { ...node['status'] } : {};
  if (isObject(status['capacity']) && status['allocatable'] === undefined) status['allocatable'] = status['capacity'];
  return { ...node, spec, status } as unknown as KubeObject;
}

function volumeDefaults(volume: KubeObject, defaults: JsonObject): KubeObject {
  const { spec, status } = volume as KubeObject & JsonObject;
  return {
    ...volume,
    spec: { ...defaults, ...(isObject(spec) ? spec : {}) },
    status: { phase: 'Pending', ...(isObject(status) ? status : {}) },
  } as unknown as KubeObject;
}

function claimDefaults(claim: KubeObject): KubeObject {
  const { spec } = claim as KubeObject & JsonObject;
  return volumeDefaults({ ...claim, spec: claimSpecDefaults(isObject(spec) ? spec : {}) } as KubeObject, {});
}

function withPathType(volume: KubeObject): KubeObject {
  const { spec } = volume as KubeObject & { spec: JsonObject };
  return isObject(spec['hostPath'])
    ? ({ ...volume, spec: { ...spec, hostPath: { type: '', ...spec['hostPath'] } } } as KubeObject)
    : volume;
}

/** The name as a label, since Kubernetes 1.21. */
function namespaceDefaults(namespace: KubeObject): KubeObject {
  const { metadata } = namespace;
  const { name = '' } = metadata as Partial<KubeObject['metadata']>;
  // A name that is no label is refused for being that.
  if (dnsLabel(name).length > 0) return namespace;
  return { ...namespace, metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': name } } };
}
