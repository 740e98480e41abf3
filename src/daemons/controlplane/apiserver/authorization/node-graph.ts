import { PodIndex } from '../../../../kube/pod-index.ts';
import { RESOURCES, type ApiResource, type KubeObject, type PersistentVolume, type Pod } from '../../../../protocol/kubernetes.ts';
import type { VolumeAttachment } from '../../../../protocol/kubernetes.ts';
import { claimOfVolume, secretsOfVolume } from '../../../../protocol/volume-references.ts';
import type { KubeObjectStore } from '../../../../store/kube-objects.ts';
import { groupResource } from '../status-error.ts';

/** What each node needs because of the pods that are bound to it. It follows the commits of the store. */
export class NodeGraph {
  readonly #store: KubeObjectStore;
  readonly #pods = new PodIndex();
  /** The volumes of a claim (`namespace/name`), by name. */
  readonly #volumes = new Map<string, Map<string, PersistentVolume>>();

  constructor(store: KubeObjectStore) {
    this.#store = store;
    follow(
      store,
      RESOURCES.pod,
      (pod) => this.#pods.set(pod),
      (pod: Pod) => this.#pods.remove(pod),
    );
    follow(
      store,
      RESOURCES.persistentVolume,
      (volume) => this.#setVolume(volume),
      (volume: PersistentVolume) => this.#removeVolume(volume),
    );
  }

  /** True when a pod of the node needs this ConfigMap, claim or ServiceAccount. `key` is `namespace/name`. */
  uses(nodeName: string, kind: 'configMaps' | 'claims' | 'serviceAccounts', key: string): boolean {
    return this.#pods.uses(nodeName, kind, key);
  }

  /** True when a pod of the node, or a volume of its claims, names this Secret. */
  usesSecret(nodeName: string, key: string): boolean {
    if (this.#pods.uses(nodeName, 'secrets', key)) return true;
    for (const [claim, volumes] of this.#volumes) {
      if ([...volumes.values()].some((volume) => secretsOfVolume(volume).includes(key)) && this.uses(nodeName, 'claims', claim))
        return true;
    }
    return false;
  }

  /** True when a pod of the node has a claim that this volume belongs to. */
  usesVolume(nodeName: string, name: string): boolean {
    const { plural: resource } = RESOURCES.persistentVolume;
    const volume = this.#store.get({ resource, namespace: '', name }) as PersistentVolume | undefined;
    return volume !== undefined && this.uses(nodeName, 'claims', claimOfVolume(volume));
  }

  /** True when this VolumeAttachment is of the node. */
  isAttached(nodeName: string, name: string): boolean {
    const attachment = this.#store.get({ resource: groupResource(RESOURCES.volumeAttachment), namespace: '', name });
    return (attachment as VolumeAttachment | undefined)?.spec?.nodeName === nodeName;
  }

  #setVolume(volume: PersistentVolume): void {
    const claim = claimOfVolume(volume);
    this.#volumes.set(claim, (this.#volumes.get(claim) ?? new Map<string, PersistentVolume>()).set(volume.metadata.name, volume));
  }

  #removeVolume(volume: PersistentVolume): void {
    const claim = claimOfVolume(volume);
    const volumes = this.#volumes.get(claim);
    volumes?.delete(volume.metadata.name);
    if (volumes?.size === 0) this.#volumes.delete(claim);
  }
}

function follow<T extends KubeObject>(
  store: KubeObjectStore,
  { plural }: ApiResource,
  set: (object: T) => void,
  remove: (object: T) => void,
): void {
  for (const object of store.list(plural)) set(object as T);
  store.subscribe(plural, ({ type, object, previous }) => {
    if (previous !== undefined) remove(previous as T);
    if (type !== 'DELETED') set(object as T);
  });
}
