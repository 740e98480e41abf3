import { RESOURCES, type Pod } from '../../../../protocol/kubernetes.ts';
import { MIRROR_ANNOTATION, referencesOf } from '../../../../protocol/pod-references.ts';
import { notFound } from '../status-error.ts';
import type { NodeRequest } from './node-restriction.ts';

/** A pod that a node makes stands for a static one: bound to the node, owned by it, and with no way to what others have. */
export function restrictMirrorPod(request: NodeRequest): void {
  const { nodeName, object, refuse } = request;
  const pod = object as Pod;
  if (pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined) {
    refuse(`pod does not have "${MIRROR_ANNOTATION}" annotation, node "${nodeName}" can only create mirror pods`);
  }
  if (pod.spec?.nodeName !== nodeName) refuse(`node "${nodeName}" can only create pods with spec.nodeName set to itself`);
  restrictOwner(request, pod);
  const account = pod.spec?.['serviceAccountName'] ?? '';
  if (account !== '') refuse(`node "${nodeName}" can not create pods that reference a service account`);
  // As if it were no mirror pod: those count for nothing.
  const { secrets, configMaps, claims } = referencesOf({ ...pod, metadata: { ...pod.metadata, annotations: {} } });
  const named = { secrets, configmaps: configMaps, persistentvolumeclaims: claims };
  for (const [kind, names] of Object.entries(named)) {
    if (names.size > 0) refuse(`node "${nodeName}" can not create pods that reference ${kind}`);
  }
}

function restrictOwner({ nodeName, reader, refuse }: NodeRequest, { metadata: { ownerReferences = [] } }: Pod): void {
  const [owner, ...more] = ownerReferences;
  if (more.length > 0) refuse(`node "${nodeName}" can only create pods with a single owner reference set to itself`);
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName) {
    return refuse(`node "${nodeName}" can only create pods with an owner reference set to itself`);
  }
  if (owner.controller !== true) refuse(`node "${nodeName}" can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true) refuse(`node "${nodeName}" must not set blockOwnerDeletion on an owner reference`);
  const node = reader.get({ resource: RESOURCES.node.plural, namespace: '', name: nodeName });
  if (node === undefined) throw notFound(RESOURCES.node, nodeName);
  const { uid = '' } = node.metadata;
  if (owner.uid !== uid) refuse(`node ${nodeName} UID mismatch: expected ${owner.uid} got ${uid}`);
}
