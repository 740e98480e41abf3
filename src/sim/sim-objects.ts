import { draftDevice } from '../client/device-draft.ts';
import { createOnce } from '../client/devices.ts';
import type { KubeClient } from '../kube/client.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import type { DeviceModel } from '../protocol/devices.ts';
import { KUBEEDGE_NAMESPACE, recordSecretName } from '../protocol/enrolment.ts';
import { apiVersionOf, LEASE_NAMESPACE, RESOURCES } from '../protocol/kubernetes.ts';
import { DEFAULT_NAMESPACE } from '../protocol/topics.ts';

/** Requests to the API at the same time. */
const AT_ONCE = 16;

/** The objects of a simulation in the Kubernetes API. */
export class SimObjects {
  readonly #kube: KubeClient;
  readonly #run: string;

  /** @param run what the names of everything of this simulation begin with */
  constructor(kube: KubeClient, run: string) {
    this.#kube = kube;
    this.#run = run;
  }

  /** `count` devices for each node. */
  async createDevices(nodes: readonly string[], count: number): Promise<void> {
    if (count === 0) return;
    const model = await createOnce<DeviceModel>(this.#kube, RESOURCES.deviceModel, this.#model());
    await each(this.#devices(nodes, count), async ({ name, nodeName }) => {
      const device = draftDevice({ name, namespace: DEFAULT_NAMESPACE, model, nodeName, desired: new Map() });
      await this.#kube.create(RESOURCES.device, device, DEFAULT_NAMESPACE);
    });
  }

  /** While their edges are connected, so that they learn of it. */
  async deleteDevices(nodes: readonly string[], count: number): Promise<void> {
    if (count === 0) return;
    await each(this.#devices(nodes, count), ({ name }) => unlessMissing(this.#kube.delete(RESOURCES.device, name, DEFAULT_NAMESPACE)));
    await unlessMissing(this.#kube.delete(RESOURCES.deviceModel, this.#run, DEFAULT_NAMESPACE));
  }

  /** The nodes with what their enrolment and their life have left. */
  async deleteNodes(nodes: readonly string[]): Promise<void> {
    await each(nodes, async (name) => {
      await unlessMissing(this.#kube.delete(RESOURCES.node, name));
      await unlessMissing(this.#kube.delete(RESOURCES.lease, name, LEASE_NAMESPACE));
      await unlessMissing(this.#kube.delete(RESOURCES.secret, recordSecretName('node', name), KUBEEDGE_NAMESPACE));
    });
  }

  #devices(nodes: readonly string[], count: number): { name: string; nodeName: string }[] {
    return nodes.flatMap((nodeName) => Array.from({ length: count }, (_, index) => ({ name: `${nodeName}-${index + 1}`, nodeName })));
  }

  #model(): DeviceModel {
    return {
      apiVersion: apiVersionOf(RESOURCES.deviceModel),
      kind: RESOURCES.deviceModel.kind,
      metadata: { name: this.#run, namespace: DEFAULT_NAMESPACE },
      spec: { protocol: 'mqtt', properties: [{ name: 'temperature', type: 'FLOAT', accessMode: 'ReadWrite' }] },
    };
  }
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const next = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}
