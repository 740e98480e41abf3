import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import { LEASE_NAMESPACE, RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource } from '../protocol/kubernetes.ts';
import { planOperator } from './operator-plan.ts';
import type { Recording } from './recording.ts';

interface Place {
  readonly resource: ApiResource;
  readonly name: string;
  readonly namespace?: string;
}

/** The objects that a replay makes at a cloud: those of the recorded operator, and what an edge and its devices have of their own. */
export class Footprint {
  readonly #kube: KubeClient;
  readonly #places: readonly Place[];

  constructor(recording: Recording, kube: KubeClient) {
    this.#kube = kube;
    this.#places = placesOf(recording);
  }

  /** @throws KedgeError CONFLICT when one of them exists already: it would be taken for the recorded one, and removed */
  async refuseExisting(): Promise<void> {
    const found = await Promise.all(
      this.#places.map(({ resource, name, namespace }) => unlessMissing(this.#kube.get(resource, name, namespace))),
    );
    const taken = this.#places.filter((_, index) => found[index] !== undefined).map(textOf);
    if (taken.length === 0) return;
    throw new KedgeError('CONFLICT', `the cloud has objects of the names that the recording uses: ${taken.join(', ')}`, {
      hint: 'delete them, or replay against another cloud',
    });
  }

  /** Deletes what is there of them, pods without delay. */
  async remove(): Promise<void> {
    for (const { resource, name, namespace } of this.#places) {
      const options = resource === RESOURCES.pod ? { gracePeriodSeconds: 0 } : {};
      await unlessMissing(this.#kube.delete(resource, name, namespace, options));
    }
  }
}

/** In the order in which they can go: what refers to others first. */
function placesOf(recording: Recording): Place[] {
  const created = [...planOperator(recording).values()].flat().flatMap((action): Place[] => {
    if (action.do !== 'create') return [];
    const { name, namespace } = action.object.metadata;
    return [{ resource: action.resource, name, ...(namespace !== undefined && { namespace }) }];
  });
  const devices = created.filter(({ resource }) => resource === RESOURCES.device);
  const all = [
    ...created.reverse(),
    ...devices.map((device) => ({ ...device, resource: RESOURCES.deviceStatus })),
    { resource: RESOURCES.lease, name: recording.nodeName, namespace: LEASE_NAMESPACE },
    { resource: RESOURCES.node, name: recording.nodeName },
  ];
  return [...new Map(all.map((place) => [textOf(place), place])).values()];
}

function textOf({ resource, name, namespace }: Place): string {
  return `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
