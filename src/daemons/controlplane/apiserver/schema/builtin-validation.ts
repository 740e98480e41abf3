import { RESOURCES, type ApiResource, type KubeObject, type Lease } from '../../../../protocol/kubernetes.ts';
import { validateCertificateSigningRequest } from './certificate-validation.ts';
import { validateConfigMap, validateSecret } from './config-validation.ts';
import { validateCrd } from './crd-validation.ts';
import { validateEndpoints, validateEndpointSlice } from './endpoints-validation.ts';
import { NEW_EVENT, validateEvent, validateNewEvent } from './event-validation.ts';
import { invalid, type FieldError } from './field-error.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata-validation.ts';
import { dns1035Label, dnsLabel, dnsSubdomain, pathSegment, type NameRule } from './name-rules.ts';
import { validateNode } from './node-validation.ts';
import { validatePod } from './pod-validation.ts';
import { validateBudget, validatePriorityClass } from './policy-validation.ts';
import { validateClusterRole, validateClusterRoleBinding, validateRole, validateRoleBinding } from './rbac-validation.ts';
import { validateService } from './service-validation.ts';
import {
  validatePersistentVolume,
  validatePersistentVolumeClaim,
  validateStorageClass,
  validateVolumeAttachment,
} from './storage-validation.ts';
import { validateControllerRevision, validateDaemonSet, validateDeployment, validateReplicaSet } from './workload-validation.ts';

type Validation = (object: KubeObject, old?: KubeObject) => FieldError[];

interface KindRules {
  readonly nameRule?: NameRule;
  readonly validate?: Validation;
}

const RULES: readonly (readonly [ApiResource, KindRules])[] = [
  [RESOURCES.namespace, { nameRule: dnsLabel }],
  [RESOURCES.node, { validate: validateNode }],
  [RESOURCES.pod, { validate: validatePod }],
  [RESOURCES.configMap, { validate: validateConfigMap }],
  [RESOURCES.secret, { validate: validateSecret }],
  // Names of events were never restricted.
  [RESOURCES.event, { nameRule: pathSegment, validate: validateEvent }],
  [NEW_EVENT, { nameRule: dnsSubdomain, validate: validateNewEvent }],
  [RESOURCES.lease, { validate: validateLease }],
  [RESOURCES.crd, { validate: validateCrd }],
  [RESOURCES.persistentVolume, { validate: validatePersistentVolume }],
  [RESOURCES.persistentVolumeClaim, { validate: validatePersistentVolumeClaim }],
  [RESOURCES.storageClass, { validate: validateStorageClass }],
  [RESOURCES.volumeAttachment, { validate: validateVolumeAttachment }],
  [RESOURCES.service, { nameRule: dns1035Label, validate: validateService }],
  [RESOURCES.endpoints, { validate: validateEndpoints }],
  [RESOURCES.endpointSlice, { validate: validateEndpointSlice }],
  [RESOURCES.deployment, { validate: validateDeployment }],
  [RESOURCES.replicaSet, { validate: validateReplicaSet }],
  [RESOURCES.daemonSet, { validate: validateDaemonSet }],
  [RESOURCES.controllerRevision, { validate: validateControllerRevision }],
  [RESOURCES.podDisruptionBudget, { nameRule: pathSegment, validate: validateBudget }],
  [RESOURCES.priorityClass, { validate: validatePriorityClass }],
  // Their names may hold colons, as paths may.
  [RESOURCES.certificateSigningRequest, { nameRule: pathSegment, validate: validateCertificateSigningRequest }],
  [RESOURCES.role, { nameRule: pathSegment, validate: validateRole }],
  [RESOURCES.clusterRole, { nameRule: pathSegment, validate: validateClusterRole }],
  [RESOURCES.roleBinding, { nameRule: pathSegment, validate: validateRoleBinding }],
  [RESOURCES.clusterRoleBinding, { nameRule: pathSegment, validate: validateClusterRoleBinding }],
];

/**
 * Checks an object after its defaults are filled in; `old` is what is stored, for an update (immutable fields). For the kind of a
 * CustomResourceDefinition it checks the metadata, the rest is CompiledVersion.validate's.
 */
export function validateBuiltin(resource: ApiResource, object: KubeObject, old?: KubeObject): FieldError[] {
  const { nameRule = dnsSubdomain, validate } =
    RULES.find(([{ group, kind }]) => group === resource.group && kind === resource.kind)?.[1] ?? {};
  return [
    ...validateMetadata(object, resource.namespaced, nameRule),
    ...(old === undefined ? [] : validateMetadataUpdate(object, old)),
    ...(validate?.(object, old) ?? []),
  ];
}

function validateLease(object: KubeObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = (object as Lease).spec ?? {};
  return [
    ...(duration !== undefined && duration <= 0 ? [invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')] : []),
    ...(transitions !== undefined && transitions < 0
      ? [invalid('spec.leaseTransitions', transitions, 'must to greater or equal than 0')]
      : []),
  ];
}
