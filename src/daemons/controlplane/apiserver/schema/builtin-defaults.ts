import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { crdDefaults } from './crd-validation.ts';
import { isObject, type JsonObject } from './json.ts';
import { dnsLabel } from './name-rules.ts';
import { podDefaults } from './pod-defaults.ts';

/** A copy with the defaults that the API server fills in for a built-in kind; an object of another kind comes back as it is. */
export function builtinDefaults(resource: ApiResource, object: KubeObject): KubeObject {
  const copy = object as KubeObject & JsonObject;
  switch (`${resource.group}/${resource.kind}`) {
    case `/${RESOURCES.pod.kind}`:
      return podDefaults(object);
    case `/${RESOURCES.secret.kind}`:
      return secretDefaults(copy);
    case `/${RESOURCES.node.kind}`:
      return nodeDefaults(copy);
    case `/${RESOURCES.namespace.kind}`:
      return namespaceDefaults(copy);
    case `${RESOURCES.crd.group}/${RESOURCES.crd.kind}`:
      return crdDefaults(object);
    case `/${RESOURCES.persistentVolume.kind}`:
      return volumeDefaults(copy, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    case `/${RESOURCES.persistentVolumeClaim.kind}`:
      return volumeDefaults(copy, { volumeMode: 'Filesystem' });
    case `${RESOURCES.storageClass.group}/${RESOURCES.storageClass.kind}`:
      return { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', ...copy } as KubeObject;
    default:
      return object;
  }
}

/** `stringData` is written to be merged into `data`; it is never stored. */
function secretDefaults({ stringData, ...secret }: KubeObject & JsonObject): KubeObject {
  const encoded = isObject(stringData)
    ? Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text as string).toString('base64')] as const)
    : [];
  const data = encoded.length === 0 ? {} : { data: { ...(secret['data'] as JsonObject | undefined), ...Object.fromEntries(encoded) } };
  const type = secret['type'] === undefined || secret['type'] === '' ? 'Opaque' : secret['type'];
  return { ...secret, ...data, type } as unknown as KubeObject;
}

function nodeDefaults(node: KubeObject & JsonObject): KubeObject {
  const spec = isObject(node['spec']) ? { ...node['spec'] } : {};
  const [cidr, cidrs] = [spec['podCIDR'], spec['podCIDRs']];
  if (typeof cidr === 'string' && cidr !== '' && cidrs === undefined) spec['podCIDRs'] = [cidr];
  if (Array.isArray(cidrs) && cidrs.length > 0 && cidr === undefined) spec['podCIDR'] = cidrs[0] as unknown;
  const status = isObject(node['status']) ? { ...node['status'] } : {};
  if (isObject(status['capacity']) && status['allocatable'] === undefined) status['allocatable'] = status['capacity'];
  return { ...node, spec, status } as unknown as KubeObject;
}

function volumeDefaults(volume: KubeObject & JsonObject, defaults: JsonObject): KubeObject {
  const { spec, status } = volume;
  return {
    ...volume,
    spec: { ...defaults, ...(isObject(spec) ? spec : {}) },
    status: { phase: 'Pending', ...(isObject(status) ? status : {}) },
  } as unknown as KubeObject;
}

/** The name as a label, since Kubernetes 1.21. */
function namespaceDefaults(namespace: KubeObject): KubeObject {
  const { metadata } = namespace;
  const { name = '' } = metadata as Partial<KubeObject['metadata']>;
  // A name that is no label is refused for being that.
  if (dnsLabel(name).length > 0) return namespace;
  return { ...namespace, metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': name } } };
}
