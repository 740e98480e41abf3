/** The parts of Kubernetes' objects that kedge reads or writes. Everything else in an object is carried along. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean; blockOwnerDeletion?: boolean }[];
  finalizers?: string[];
  generateName?: string;
  managedFields?: unknown[];
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** metav1.Status: how the API says that something failed (or succeeded). */
export interface Status {
  apiVersion?: 'v1';
  kind?: 'Status';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
  code?: number;
}

/** A resource of the API: where it is served and whether it lives in namespaces. `group` is '' for core. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const core = (plural: string, kind: string, namespaced: boolean): ApiResource => ({ group: '', version: 'v1', plural, kind, namespaced });

const inGroup = (group: string, plural: string, kind: string, namespaced: boolean): ApiResource => ({
  ...core(plural, kind, namespaced),
  group,
});

/** The resources that kedge itself uses. */
export const RESOURCES = {
  namespace: core('namespaces', 'Namespace', false),
  node: core('nodes', 'Node', false),
  pod: core('pods', 'Pod', true),
  configMap: core('configmaps', 'ConfigMap', true),
  secret: core('secrets', 'Secret', true),
  event: core('events', 'Event', true),
  serviceAccount: core('serviceaccounts', 'ServiceAccount', true),
  persistentVolume: core('persistentvolumes', 'PersistentVolume', false),
  persistentVolumeClaim: core('persistentvolumeclaims', 'PersistentVolumeClaim', true),
  service: core('services', 'Service', true),
  endpoints: core('endpoints', 'Endpoints', true),
  deployment: inGroup('apps', 'deployments', 'Deployment', true),
  replicaSet: inGroup('apps', 'replicasets', 'ReplicaSet', true),
  daemonSet: inGroup('apps', 'daemonsets', 'DaemonSet', true),
  controllerRevision: inGroup('apps', 'controllerrevisions', 'ControllerRevision', true),
  endpointSlice: inGroup('discovery.k8s.io', 'endpointslices', 'EndpointSlice', true),
  podDisruptionBudget: inGroup('policy', 'poddisruptionbudgets', 'PodDisruptionBudget', true),
  priorityClass: inGroup('scheduling.k8s.io', 'priorityclasses', 'PriorityClass', false),
  lease: inGroup('coordination.k8s.io', 'leases', 'Lease', true),
  storageClass: inGroup('storage.k8s.io', 'storageclasses', 'StorageClass', false),
  volumeAttachment: inGroup('storage.k8s.io', 'volumeattachments', 'VolumeAttachment', false),
  certificateSigningRequest: inGroup('certificates.k8s.io', 'certificatesigningrequests', 'CertificateSigningRequest', false),
  tokenReview: inGroup('authentication.k8s.io', 'tokenreviews', 'TokenReview', false),
  selfSubjectReview: inGroup('authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview', false),
  subjectAccessReview: inGroup('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview', false),
  localSubjectAccessReview: inGroup('authorization.k8s.io', 'localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
  selfSubjectAccessReview: inGroup('authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', false),
  selfSubjectRulesReview: inGroup('authorization.k8s.io', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview', false),
  role: inGroup('rbac.authorization.k8s.io', 'roles', 'Role', true),
  clusterRole: inGroup('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', false),
  roleBinding: inGroup('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding', true),
  clusterRoleBinding: inGroup('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding', false),
  crd: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  },
  device: { group: 'devices.kubeedge.io', version: 'v1beta1', plural: 'devices', kind: 'Device', namespaced: true },
  deviceModel: { group: 'devices.kubeedge.io', version: 'v1beta1', plural: 'devicemodels', kind: 'DeviceModel', namespaced: true },
  deviceStatus: { group: 'devices.kubeedge.io', version: 'v1beta1', plural: 'devicestatuses', kind: 'DeviceStatus', namespaced: true },
  objectSync: { group: 'reliablesyncs.kubeedge.io', version: 'v1alpha1', plural: 'objectsyncs', kind: 'ObjectSync', namespaced: true },
  clusterObjectSync: {
    group: 'reliablesyncs.kubeedge.io',
    version: 'v1alpha1',
    plural: 'clusterobjectsyncs',
    kind: 'ClusterObjectSync',
    namespaced: false,
  },
} as const satisfies Record<string, ApiResource>;

/** Where nodes' heartbeats are. */
export const LEASE_NAMESPACE = 'kube-node-lease';

/** `v1` or `group/version`. */
export function apiVersionOf(resource: Pick<ApiResource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

export interface NodeCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  timeAdded?: string;
}

export interface Node extends KubeObject {
  spec?: { taints?: Taint[]; unschedulable?: boolean; podCIDR?: string };
  status?: {
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    conditions?: NodeCondition[];
    addresses?: { type: string; address: string }[];
    daemonEndpoints?: { kubeletEndpoint?: { Port: number } };
    nodeInfo?: Record<string, string>;
  };
}

export interface Pod extends KubeObject {
  spec?: { nodeName?: string; containers?: { name: string; image?: string }[]; [key: string]: unknown };
  status?: { phase?: string; conditions?: unknown[]; [key: string]: unknown };
}

export interface Lease extends KubeObject {
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string; acquireTime?: string; leaseTransitions?: number };
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

/** `data` values are base64, as the API has them. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

/** KubeEdge's ObjectSync and ClusterObjectSync; named `{node}.{uid}`, where the uid follows the last dot. */
export interface ObjectSync extends KubeObject {
  spec: { objectAPIVersion: string; objectKind: string; objectName: string };
  status?: { objectResourceVersion?: string };
}

/** A user, as the API knows it. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** What else is known, by key. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface PersistentVolume extends KubeObject {
  /** The claim that it is for, and its source under a name of its own, such as `csi`. */
  spec?: { claimRef?: { namespace?: string; name?: string }; [key: string]: unknown };
}

export interface PersistentVolumeClaim extends KubeObject {
  spec?: { volumeName?: string };
}

export interface VolumeAttachment extends KubeObject {
  spec?: { attacher?: string; nodeName?: string; source?: { persistentVolumeName?: string } };
  status?: { attached?: boolean };
}

/** `request` and `certificate` are PEM in base64; who asks (`username`, `groups`) is filled in by the API server. */
export interface CertificateSigningRequest extends KubeObject {
  spec: { request: string; signerName: string; usages?: string[]; username?: string; groups?: string[]; expirationSeconds?: number };
  status?: { certificate?: string; conditions?: CertificateCondition[] };
}

export interface CertificateCondition {
  type: 'Approved' | 'Denied' | 'Failed';
  status?: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
}

/** authentication.k8s.io/v1: what a POST to `serviceaccounts/NAME/token` takes and answers. */
export interface TokenRequest {
  apiVersion?: string;
  kind?: string;
  metadata?: Partial<ObjectMeta>;
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
  status?: { token: string; expirationTimestamp: string };
}
