import type { Pod } from './kubernetes.ts';

/** What a node may read because of a pod that is bound to it; each `namespace/name`. */
export interface PodReferences {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
  /** Whose tokens it may ask for. */
  readonly serviceAccounts: ReadonlySet<string>;
}

/** The annotation of an object that stands for a static pod of an edge. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

interface Named {
  name?: string;
}

interface ProjectedSource {
  configMap?: Named;
  secret?: Named;
}

/** The volumes whose secret is named in their own field `secretRef`. */
const WITH_SECRET_REF = ['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'] as const;

interface Volume extends Named, Partial<Record<(typeof WITH_SECRET_REF)[number], { secretRef?: Named }>> {
  configMap?: Named;
  secret?: { secretName?: string };
  azureFile?: { secretName?: string };
  csi?: { nodePublishSecretRef?: Named };
  projected?: { sources?: ProjectedSource[] };
  persistentVolumeClaim?: { claimName?: string };
  ephemeral?: object;
}

interface PodSpec {
  volumes?: Volume[];
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  imagePullSecrets?: Named[];
  serviceAccountName?: string;
}

interface Container {
  envFrom?: { configMapRef?: Named; secretRef?: Named }[];
  env?: { valueFrom?: { configMapKeyRef?: Named; secretKeyRef?: Named } }[];
}

interface Names {
  readonly configMaps: (string | undefined)[];
  readonly secrets: (string | undefined)[];
}

/**
 * Everything that a pod names and that its node must read to run it, as Kubernetes' node authorizer counts it: volumes, projected volumes,
 * environment, pull secrets, claims, its ServiceAccount. Mirror pods are made by nodes, so they give no rights.
 */
export function referencesOf(pod: Pod): PodReferences {
  const { namespace = '', name, annotations } = pod.metadata;
  const spec = (annotations?.[MIRROR_ANNOTATION] === undefined ? (pod.spec ?? {}) : {}) as PodSpec;
  const { volumes = [], imagePullSecrets = [], serviceAccountName } = spec;
  const containers = [spec.containers, spec.initContainers, spec.ephemeralContainers].flatMap((list) => list ?? []);
  const named = [...volumes.map(ofVolume), ...containers.map(ofContainer)];
  const keys = (names: readonly (string | undefined)[]): Set<string> =>
    new Set(names.filter((each) => each !== undefined && each !== '').map((each) => `${namespace}/${each ?? ''}`));
  return {
    configMaps: keys(named.flatMap(({ configMaps }) => configMaps)),
    secrets: keys([...named.flatMap(({ secrets }) => secrets), ...imagePullSecrets.map((secret) => secret.name)]),
    claims: keys(volumes.map((volume) => claimOf(name, volume))),
    serviceAccounts: keys([serviceAccountName]),
  };
}

function ofVolume(volume: Volume): Names {
  const projected = volume.projected?.sources ?? [];
  return {
    configMaps: [volume.configMap?.name, ...projected.map(({ configMap }) => configMap?.name)],
    secrets: [
      volume.secret?.secretName,
      volume.azureFile?.secretName,
      volume.csi?.nodePublishSecretRef?.name,
      ...WITH_SECRET_REF.map((type) => volume[type]?.secretRef?.name),
      ...projected.map(({ secret }) => secret?.name),
    ],
  };
}

function ofContainer({ envFrom = [], env = [] }: Container): Names {
  return {
    configMaps: [...envFrom.map(({ configMapRef }) => configMapRef?.name), ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)],
    secrets: [...envFrom.map(({ secretRef }) => secretRef?.name), ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)],
  };
}

/** The claim of an ephemeral volume is called after its pod and the volume. */
function claimOf(podName: string, { name = '', persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return ephemeral === undefined ? persistentVolumeClaim?.claimName : `${podName}-${name}`;
}
