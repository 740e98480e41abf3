import type { ApiResource } from '../../../protocol/kubernetes.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import { fieldAt, type SelectableFields } from './field-selector.ts';
import { definitionFor } from './schema/openapi-data.ts';
import type { ServedResource } from './served-resource.ts';
import {
  eventStrategy,
  leaseStrategy,
  namespaceStrategy,
  nodeStrategy,
  podStrategy,
  secretStrategy,
} from './strategies/core-strategies.ts';
import { certificateStrategy } from './strategies/certificate-strategy.ts';
import { crdStrategy } from './strategies/custom-strategies.ts';
import { plainStrategy } from './strategies/meta-strategy.ts';
import { attachmentStrategy, volumeStrategy } from './strategies/storage-strategies.ts';

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

type Particulars = Partial<Pick<ServedResource, 'shortNames' | 'categories' | 'subresources' | 'scale' | 'strategy' | 'verbs'>> & {
  fields?: readonly string[];
};

/** The field selectors of a resource: its metadata's, and `paths`. */
export function selectableFields(paths: readonly string[]): SelectableFields {
  return Object.fromEntries(['metadata.name', 'metadata.namespace', ...paths].map((path) => [path, fieldAt(path)]));
}

/** A built-in resource; without particulars, as a plain one. */
export function builtin(resource: ApiResource, { fields = [], ...particulars }: Particulars = {}): ServedResource {
  const schema = definitionFor(resource);
  if (schema === undefined) throw new Error(`no schema of ${resource.kind}`);
  return {
    resource,
    schema,
    singular: resource.kind.toLowerCase(),
    listKind: `${resource.kind}List`,
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    subresources: [],
    strategy: plainStrategy,
    fields: selectableFields(fields),
    ...particulars,
  };
}

/** core/v1: asked with a POST, for a pod to run on a node. */
export const BINDING: ApiResource = { group: '', version: 'v1', plural: 'bindings', kind: 'Binding', namespaced: true };

const POD_FIELDS = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
];
const POD_SUBRESOURCES = ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'status'];
const EVENT_FIELDS = [
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => `involvedObject.${field}`),
  'reason',
  'reportingComponent',
  'type',
];

/** Asked with a POST, answered, not kept. */
const REVIEWS = [
  RESOURCES.tokenReview,
  RESOURCES.selfSubjectReview,
  RESOURCES.subjectAccessReview,
  RESOURCES.localSubjectAccessReview,
  RESOURCES.selfSubjectAccessReview,
  RESOURCES.selfSubjectRulesReview,
];

/** The built-in kinds; the field selectors are those that Kubernetes offers for each. */
export const BUILTIN_RESOURCES: readonly ServedResource[] = [
  builtin(BINDING, { verbs: ['create'] }),
  builtin(RESOURCES.configMap, { shortNames: ['cm'] }),
  withSource(builtin(RESOURCES.event, { shortNames: ['ev'], fields: EVENT_FIELDS, strategy: eventStrategy })),
  builtin(RESOURCES.namespace, {
    shortNames: ['ns'],
    verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
    subresources: ['finalize', 'status'],
    fields: ['status.phase'],
    strategy: namespaceStrategy,
  }),
  builtin(RESOURCES.node, { shortNames: ['no'], subresources: ['status'], fields: ['spec.unschedulable'], strategy: nodeStrategy }),
  builtin(RESOURCES.pod, {
    shortNames: ['po'],
    categories: ['all'],
    subresources: POD_SUBRESOURCES,
    fields: POD_FIELDS,
    strategy: podStrategy,
  }),
  builtin(RESOURCES.persistentVolumeClaim, { shortNames: ['pvc'], subresources: ['status'], strategy: volumeStrategy }),
  builtin(RESOURCES.persistentVolume, { shortNames: ['pv'], subresources: ['status'], strategy: volumeStrategy }),
  builtin(RESOURCES.secret, { fields: ['type'], strategy: secretStrategy }),
  builtin(RESOURCES.serviceAccount, { shortNames: ['sa'], subresources: ['token'] }),
  ...REVIEWS.map((review) => builtin(review, { verbs: ['create'] })),
  ...[RESOURCES.role, RESOURCES.clusterRole, RESOURCES.roleBinding, RESOURCES.clusterRoleBinding].map((resource) => builtin(resource)),
  builtin(RESOURCES.certificateSigningRequest, {
    shortNames: ['csr'],
    subresources: ['approval', 'status'],
    fields: ['spec.signerName'],
    strategy: certificateStrategy,
  }),
  builtin(RESOURCES.lease, { strategy: leaseStrategy }),
  builtin(RESOURCES.storageClass, { shortNames: ['sc'] }),
  builtin(RESOURCES.volumeAttachment, { subresources: ['status'], strategy: attachmentStrategy }),
  builtin(RESOURCES.crd, {
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    subresources: ['status'],
    strategy: crdStrategy,
  }),
];

/** Event's selector `source` means its component. */
function withSource(event: ServedResource): ServedResource {
  return { ...event, fields: { ...event.fields, source: fieldAt('source.component') } };
}
