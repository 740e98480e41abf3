import { RESOURCES, type KubeObject, type Pod } from '../../../../protocol/kubernetes.ts';
import { MIRROR_ANNOTATION, referencesOf } from '../../../../protocol/pod-references.ts';
import type { ObjectKey } from '../../../../store/kube-objects.ts';
import type { ApiContext, Target } from '../api-context.ts';
import { isObject } from '../schema/json.ts';
import type { PodSpec } from '../schema/pod-types.ts';
import type { Strategy } from '../served-resource.ts';
import { forbidden } from '../status-error.ts';

const DEFAULT_ACCOUNT = 'default';
/** How often and how long apart Kubernetes looks for the account `default`, which a controller makes after its namespace. */
const ATTEMPTS = 10;
const INTERVAL_MS = 100;

interface Account extends KubeObject {
  imagePullSecrets?: { name?: string }[];
}

/**
 * A new pod runs as a ServiceAccount that is there, `default` unless it names one, and pulls images with the account's secrets unless it names
 * its own (Kubernetes' admission plugin ServiceAccount, without the token that it mounts). A mirror pod stays as it is, and refers to nothing
 * that is not its node's.
 */
export const admitPodAccount: NonNullable<Strategy['admit']> = (pod, old, { objects }) => {
  if (old !== undefined) return;
  if (isMirror(pod)) {
    refuseReferences(pod);
    return;
  }
  const spec = ((pod as { spec?: PodSpec }).spec ??= {});
  const { name: account, namespace } = accountOf(pod, pod.metadata.namespace);
  const found = objects.get(accountOf(pod, namespace)) as Account | undefined;
  if (found === undefined) {
    const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
    throw forbidden(RESOURCES.pod, pod.metadata.name, why);
  }
  Object.assign(spec, { serviceAccountName: account, serviceAccount: account });
  const { imagePullSecrets = [] } = found;
  if ((spec.imagePullSecrets ?? []).length === 0 && imagePullSecrets.length > 0) spec.imagePullSecrets = structuredClone(imagePullSecrets);
};

/** Resolves when the account `default` that a new pod runs as is there, or has not come for a second. */
export async function awaitDefaultAccount({ store, clock }: ApiContext, { entry, namespace }: Target, pod: KubeObject): Promise<void> {
  if (entry.resource.plural !== RESOURCES.pod.plural || entry.resource.group !== RESOURCES.pod.group || isMirror(pod)) return;
  const key = accountOf(pod, namespace);
  if (key.name !== DEFAULT_ACCOUNT || store.get({ resource: RESOURCES.namespace.plural, namespace: '', name: namespace }) === undefined)
    return;
  for (let attempt = 1; attempt < ATTEMPTS && store.get(key) === undefined; attempt += 1) {
    await new Promise<void>((resolve) => clock.after(INTERVAL_MS, resolve));
  }
}

function accountOf(pod: KubeObject, namespace = ''): ObjectKey {
  const { serviceAccountName = '', serviceAccount = '' } = (pod as { spec?: PodSpec }).spec ?? {};
  return { resource: RESOURCES.serviceAccount.plural, namespace, name: serviceAccountName || serviceAccount || DEFAULT_ACCOUNT };
}

/** What is applied may have no metadata. */
function isMirror({ metadata }: Partial<KubeObject>): boolean {
  return metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

function refuseReferences(pod: Pod): void {
  const refuse = (what: string): never => {
    throw forbidden(RESOURCES.pod, pod.metadata.name, `a mirror pod may not ${what}`);
  };
  // As if it were no mirror pod: those count for nothing.
  const { secrets, serviceAccounts } = referencesOf({ ...pod, metadata: { ...pod.metadata, annotations: {} } });
  if (serviceAccounts.size > 0) refuse('reference service accounts');
  if (secrets.size > 0) refuse('reference secrets');
  if (projectsToken(pod.spec)) refuse('use ServiceAccountToken volume projections');
}

function projectsToken({ volumes = [] }: PodSpec = {}): boolean {
  return volumes.some(({ projected }) => {
    const sources: unknown[] = isObject(projected) && Array.isArray(projected['sources']) ? projected['sources'] : [];
    return sources.some((source) => isObject(source) && isObject(source['serviceAccountToken']));
  });
}
