import type { Pod } from '../../../protocol/kubernetes.ts';

export interface PodReferences {
  /** `namespace/name`. */
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

interface Named {
  name?: string;
}

interface ConfigSource {
  configMap?: Named;
  secret?: Named & { secretName?: string };
  projected?: { sources?: ConfigSource[] };
}

interface PodSpec {
  volumes?: ConfigSource[];
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  imagePullSecrets?: Named[];
}

interface Container {
  envFrom?: { configMapRef?: Named; secretRef?: Named }[];
  env?: { valueFrom?: { configMapKeyRef?: Named; secretKeyRef?: Named } }[];
}

/** The ConfigMaps and Secrets that a pod cannot run without: volumes, projected volumes, environment and pull secrets. */
export function referencesOf(pod: Pod): PodReferences {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const add = (names: Set<string>, name: string | undefined): void => {
    if (name !== undefined) names.add(`${pod.metadata.namespace ?? ''}/${name}`);
  };
  const addSource = ({ configMap, secret, projected }: ConfigSource): void => {
    add(configMaps, configMap?.name);
    add(secrets, secret?.secretName ?? secret?.name);
    projected?.sources?.forEach(addSource);
  };
  const spec = (pod.spec ?? {}) as PodSpec;
  spec.volumes?.forEach(addSource);
  spec.imagePullSecrets?.forEach(({ name }) => add(secrets, name));
  for (const { envFrom = [], env = [] } of [spec.containers, spec.initContainers, spec.ephemeralContainers].flatMap((list) => list ?? [])) {
    for (const { configMapRef, secretRef } of envFrom) {
      add(configMaps, configMapRef?.name);
      add(secrets, secretRef?.name);
    }
    for (const { valueFrom } of env) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  return { configMaps, secrets };
}
