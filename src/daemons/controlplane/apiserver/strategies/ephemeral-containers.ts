import { RESOURCES, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { MIRROR_ANNOTATION } from '../../../../protocol/pod-references.ts';
import { forbidden } from '../schema/field-error.ts';
import type { PodSpec } from '../schema/pod-types.ts';
import { ONLY_THESE } from '../schema/pod-validation.ts';
import { semanticEqual } from '../schema/semantic-equal.ts';
import { invalid } from '../status-error.ts';
import { open } from './meta-strategy.ts';

const listOf = (pod: KubeObject): PodSpec['ephemeralContainers'] => (pod as { spec?: PodSpec }).spec?.ephemeralContainers;

/** For `/ephemeralcontainers`: puts back everything else (Kubernetes 1.25). @throws StatusError 422 for static pods */
export function addEphemeralContainers(pod: KubeObject, old: KubeObject): void {
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    throw invalid(RESOURCES.pod, old.metadata.name, [forbidden('', 'static pods do not support ephemeral containers')]);
  }
  const [added, { uid, resourceVersion }] = [listOf(pod), pod.metadata];
  const spec: PodSpec = { ...(old as { spec?: PodSpec }).spec };
  if (added === undefined) delete spec.ephemeralContainers;
  else spec.ephemeralContainers = added;
  Object.assign(pod, old, {
    metadata: { ...old.metadata, ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) },
    spec,
  });
  if (open(old)['status'] === undefined) delete open(pod)['status'];
}

/** Through the pod itself they do not change. @throws StatusError 422 */
export function refuseEphemeralContainers(pod: KubeObject, old: KubeObject): void {
  if (!semanticEqual(listOf(pod) ?? [], listOf(old) ?? []))
    throw invalid(RESOURCES.pod, pod.metadata.name, [forbidden('spec', ONLY_THESE)]);
}
