import { LEASE_NAMESPACE, RESOURCES, type KubeObject, type Pod, type TokenRequest } from '../../../../protocol/kubernetes.ts';
import { nodeOfUser } from '../../../../protocol/node-name.ts';
import { semanticEqual } from '../schema/semantic-equal.ts';
import { forbidden, groupResource, notFound } from '../status-error.ts';
import type { AdmissionRequest } from './admission.ts';
import { restrictNodeObject } from './node-object.ts';
import { restrictMirrorPod } from './mirror-pod.ts';

/** Admission looks pods up under this name. */
const RESOURCE_OF_ERRORS = { group: '', plural: 'pod' };

/** What a volume's driver writes into the status of a claim. */
const OF_DRIVERS = Object.fromEntries(
  [
    ...['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses'],
    ...['currentVolumeAttributesClassName', 'modifyVolumeStatus'],
  ].map((field) => [field, undefined]),
);

/** What a node asks, and how it is refused. */
export interface NodeRequest extends AdmissionRequest {
  readonly nodeName: string;
  /** @throws StatusError 403 */
  readonly refuse: (why: string) => never;
}

/** By resource and subresource; what is not here is for the authorizer alone. */
const RESTRICTIONS: Readonly<Record<string, (request: NodeRequest) => void>> = {
  'pods/': restrictPod,
  'pods/status': restrictPodStatus,
  'pods/eviction': restrictEviction,
  'nodes/': restrictNodeObject,
  'nodes/status': restrictNodeObject,
  'persistentvolumeclaims/status': restrictClaimStatus,
  'serviceaccounts/token': restrictToken,
  [`${groupResource(RESOURCES.lease)}/`]: restrictLease,
};

/**
 * Kubernetes' NodeRestriction: a node writes its own Node without taints and reserved labels, its own Lease, mirror pods of itself and the
 * status of its pods, and asks for tokens that are bound to them.
 */
export function restrictNode(request: AdmissionRequest): void {
  const { user, target, object, old } = request;
  const nodeName = nodeOfUser(user);
  if (nodeName === undefined) return;
  const { resource } = target.entry;
  const name = target.name || object?.metadata.name || old?.metadata.name || '';
  const refuse = (why: string): never => {
    throw forbidden(resource, name, why);
  };
  if (nodeName === '') refuse(`could not determine node from user ${JSON.stringify(user.name)}`);
  RESTRICTIONS[`${groupResource(resource)}/${target.subresource}`]?.({ ...request, nodeName, refuse });
}

function restrictPod(request: NodeRequest): void {
  const { operation, nodeName, old, refuse } = request;
  if (operation === 'CREATE') restrictMirrorPod(request);
  else if (operation === 'UPDATE') refuse(`unexpected operation "UPDATE", node "${nodeName}" can only create and delete mirror pods`);
  else if (nodeOf(old) !== nodeName) refuse(`node "${nodeName}" can only delete pods with spec.nodeName set to itself`);
}

function restrictPodStatus({ nodeName, object, old, refuse }: NodeRequest): void {
  if (nodeOf(old) !== nodeName) refuse(`node "${nodeName}" can only update pod status for pods with spec.nodeName set to itself`);
  if (!isSame(object?.metadata.labels, old?.metadata.labels)) refuse(`node "${nodeName}" cannot update labels through pod status`);
}

function restrictEviction({ nodeName, target, reader, refuse }: NodeRequest): void {
  const pod = reader.get({ resource: RESOURCES.pod.plural, namespace: target.namespace, name: target.name });
  if (pod === undefined) throw notFound(RESOURCE_OF_ERRORS, target.name);
  if (nodeOf(pod) !== nodeName) refuse(`node ${nodeName} can only evict pods with spec.nodeName set to itself`);
}

function restrictToken({ nodeName, target, object, reader, refuse }: NodeRequest): void {
  const { boundObjectRef: reference } = (object as unknown as Partial<TokenRequest> | undefined)?.spec ?? {};
  if (reference?.kind !== 'Pod' || reference.apiVersion !== 'v1') return refuse('node requested token not bound to a pod');
  const { name = '', uid = '' } = reference;
  if (uid === '') refuse('node requested token with a pod binding without a uid');
  const pod = reader.get({ resource: RESOURCES.pod.plural, namespace: target.namespace, name });
  if (pod === undefined) throw notFound(RESOURCE_OF_ERRORS, name);
  const { uid: actual = '' } = pod.metadata;
  if (actual !== uid) {
    refuse(
      `the UID in the bound object reference (${uid}) does not match the UID in record (${actual}). The object might have been deleted and then recreated`,
    );
  }
  if (nodeOf(pod) !== nodeName) refuse('node requested token bound to a pod scheduled on a different node');
}

function restrictLease({ nodeName, target, object, old, refuse }: NodeRequest): void {
  if (target.namespace !== LEASE_NAMESPACE) refuse(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  const name = object?.metadata.name ?? old?.metadata.name;
  if (name !== nodeName) refuse('can only access node lease with the same name as the requesting node');
}

/** A driver on the node tells how large a volume has become; what keeps the claim, and whose it is, are not the node's to say. */
function restrictClaimStatus({ nodeName, object, old, refuse }: NodeRequest): void {
  const [next, before] = [object, old].map((claim) => ({
    ...claim,
    metadata: { ...claim?.metadata, resourceVersion: undefined, managedFields: undefined },
    status: { ...(claim as { status?: object } | undefined)?.status, ...OF_DRIVERS },
  }));
  if (semanticEqual(next, before)) return;
  refuse(`node "${nodeName}" is not allowed to update fields other than status.capacity and status.conditions`);
}

function nodeOf(pod: KubeObject | undefined): string {
  return (pod as Pod | undefined)?.spec?.nodeName ?? '';
}

/** Labels and the like, where none is the same as empty. */
function isSame(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => a[key] === b[key]);
}
