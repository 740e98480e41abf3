import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { Device, DeviceModel } from '../../../protocol/devices.ts';
import type { Node } from '../../../protocol/kubernetes.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Desired } from '../../../protocol/object-message.ts';
import type { CloudEvents } from '../events.ts';
import { DeviceDownstream } from './device-downstream.ts';
import { DeviceReports } from './device-reports.ts';
import { NodeDialects } from './node-dialects.ts';

export interface DeviceControllerDeps {
  readonly bus: Bus<CloudEvents>;
  readonly clock: Clock;
  readonly kube: KubeClient;
  readonly devices: Informer<Device>;
  readonly deviceModels: Informer<DeviceModel>;
  readonly nodes: Informer<Node>;
  /** True when the node may have the object, as far as is recorded. */
  readonly isRecorded: (nodeName: string, uid: string) => boolean;
  /** False when the message was not taken, or is on its way already. */
  readonly send: (nodeName: string, message: Message) => boolean;
}

/** Devices and models down to the edges, what they report up to the API. */
export class DeviceController implements Module {
  readonly name = 'devicecontroller';
  readonly #deps: DeviceControllerDeps;
  readonly #dialects: NodeDialects;
  readonly #downstream: DeviceDownstream;
  readonly #reports: DeviceReports;

  constructor(deps: DeviceControllerDeps) {
    this.#deps = deps;
    this.#dialects = new NodeDialects(deps.nodes);
    this.#downstream = new DeviceDownstream({ ...deps, dialectOf: (nodeName) => this.#dialects.of(nodeName) });
    this.#reports = new DeviceReports({
      ...deps,
      devicesOf: (nodeName) => this.#downstream.devicesOf(nodeName),
      takeAway: (nodeName, device) => this.#downstream.takeAway(nodeName, device),
    });
  }

  start(scope: Scope): Promise<void> {
    const { bus } = this.#deps;
    bus.on(scope, 'nodeConnected', ({ nodeName, isLegacy }) => {
      if (isLegacy) this.#dialects.sawLegacyCertificate(nodeName);
      this.#downstream.announceAll(nodeName);
    });
    bus.on(scope, 'nodeDisconnected', ({ nodeName }) => this.#reports.drop(nodeName));
    this.#dialects.start(scope, (nodeName, before) => this.#downstream.changeDialect(nodeName, before));
    this.#downstream.start(scope);
    this.#reports.start(scope);
    return Promise.resolve();
  }

  status(): ModuleStatus {
    const { trouble } = this.#reports;
    return trouble === undefined ? { state: 'ok' } : { state: 'degraded', detail: `reports of devices cannot be stored: ${trouble}` };
  }

  /** One message of a node's DeviceTwin. */
  receive(nodeName: string, message: Message): Promise<void> {
    if (message.route.resource === 'membership/detail') this.#downstream.answerDetail(nodeName, message);
    else this.#reports.receive(nodeName, message);
    return Promise.resolve();
  }

  /** Before the first transmission of an object, which is recorded by now. */
  beforeDelivery(nodeName: string, message: Message): void {
    this.#downstream.beforeDelivery(nodeName, message);
  }

  /** The objects of this controller that the node should have, in the order in which it should get them. */
  desiredFor(nodeName: string): Desired[] {
    return this.#downstream.desiredFor(nodeName);
  }

  /** Tells a node that a device is gone which it still has. */
  announceRemoved(nodeName: string, namespace: string, name: string): void {
    this.#downstream.announceRemoved(nodeName, namespace, name);
  }
}
