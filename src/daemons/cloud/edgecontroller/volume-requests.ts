import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from '../../../protocol/kubernetes.ts';
import { isRecord } from '../../../protocol/message.ts';
import { notRelated } from './answers.ts';
import type { PodIndex } from './pod-index.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** The fields of a volume's source that name a Secret which the node needs; those of the controller's side are none of its business. */
const NODE_SECRETS = ['secretRef', 'nodePublishSecretRef', 'nodeStageSecretRef', 'nodeExpandSecretRef'];

/** What an edge may read of storage: what its pods claim, what those claims are bound to, and what is attached to it. */
export class VolumeRequests {
  readonly #kube: KubeClient;
  readonly #index: PodIndex;

  constructor(kube: KubeClient, index: PodIndex) {
    this.#kube = kube;
    this.#index = index;
  }

  /** A volume belongs to the claim that it names (`spec.claimRef`), as for Kubernetes' node authorizer. */
  async volume({ nodeName, name }: UpstreamRequest): Promise<KubeObject> {
    const volume = await unlessMissing(this.#kube.get<PersistentVolume>(RESOURCES.persistentVolume, name));
    if (volume === undefined || !this.#index.uses(nodeName, 'claims', claimOf(volume))) {
      throw notRelated(nodeName, 'get', RESOURCES.persistentVolume, name);
    }
    return volume;
  }

  async attachment({ nodeName, name }: UpstreamRequest): Promise<KubeObject> {
    const attachment = await unlessMissing(this.#kube.get<VolumeAttachment>(RESOURCES.volumeAttachment, name));
    if (attachment?.spec?.nodeName !== nodeName) throw notRelated(nodeName, 'get', RESOURCES.volumeAttachment, name);
    return attachment;
  }

  /** True when a volume that a pod of the node uses names this Secret (`namespace/name`). */
  async needsSecret(nodeName: string, key: string): Promise<boolean> {
    for (const claim of this.#index.referencesOf(nodeName, 'claims')) {
      const [namespace = '', name = ''] = claim.split('/');
      const { spec } = (await unlessMissing(this.#kube.get<PersistentVolumeClaim>(RESOURCES.persistentVolumeClaim, name, namespace))) ?? {};
      if (spec?.volumeName === undefined || spec.volumeName === '') continue;
      const volume = await unlessMissing(this.#kube.get<PersistentVolume>(RESOURCES.persistentVolume, spec.volumeName));
      if (volume !== undefined && claimOf(volume) === claim && secretsOf(volume, namespace).includes(key)) return true;
    }
    return false;
  }
}

function claimOf({ spec }: PersistentVolume): string {
  return `${spec?.claimRef?.namespace ?? ''}/${spec?.claimRef?.name ?? ''}`;
}

/** `namespace/name` of the Secrets that the volume's source names; without a namespace they are in the claim's. */
function secretsOf({ spec }: PersistentVolume, claimNamespace: string): string[] {
  const named = (namespace: unknown, name: unknown): string[] =>
    typeof name === 'string' && name !== ''
      ? [`${typeof namespace === 'string' && namespace !== '' ? namespace : claimNamespace}/${name}`]
      : [];
  return Object.values(spec ?? {})
    .filter(isRecord)
    .flatMap((source) => [
      ...named(source['secretNamespace'], source['secretName']),
      ...NODE_SECRETS.map((field) => source[field])
        .filter(isRecord)
        .flatMap(({ namespace, name }) => named(namespace, name)),
    ]);
}
