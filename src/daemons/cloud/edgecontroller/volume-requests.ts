import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from '../../../protocol/kubernetes.ts';
import { claimOfVolume, secretsOfVolume } from '../../../protocol/volume-references.ts';
import { notRelated } from './answers.ts';
import type { PodIndex } from '../../../kube/pod-index.ts';
import type { UpstreamRequest } from './upstream-request.ts';

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
    if (volume === undefined || !this.#index.uses(nodeName, 'claims', claimOfVolume(volume))) {
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
      if (volume !== undefined && claimOfVolume(volume) === claim && secretsOfVolume(volume).includes(key)) return true;
    }
    return false;
  }
}
