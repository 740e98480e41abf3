import type { Clock } from '../../../kernel/clock.ts';
import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import { keyOf } from '../../../kube/object-cache.ts';
import type { Device, DeviceModel } from '../../../protocol/devices.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { fingerprintOf, objectMessage } from '../../../protocol/object-message.ts';
import type { Desired } from '../../../protocol/object-message.ts';
import { formatResource } from '../../../protocol/resource.ts';
import type { DeviceId } from '../../../protocol/topics.ts';
import { DeviceIndex, modelKeyOf } from './device-index.ts';
import { edgeDevice, membershipUpdate } from './membership.ts';

export interface DeviceDownstreamDeps {
  readonly clock: Clock;
  readonly devices: Informer<Device>;
  readonly deviceModels: Informer<DeviceModel>;
  /** False when the message was not taken, or is on its way already. */
  readonly send: (nodeName: string, message: Message) => boolean;
}

type Operation = 'insert' | 'update' | 'delete';

/** An edge's inbox drops what overflows it, so many devices do not travel in many messages, nor in one huge one. */
const DEVICES_PER_MESSAGE = 100;

/** Devices and their models to the node that a device names (KubeEdge wire format, cloud actions on CR events, ≥ 1.16). */
export class DeviceDownstream {
  readonly #deps: DeviceDownstreamDeps;
  readonly #index = new DeviceIndex();

  constructor(deps: DeviceDownstreamDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): void {
    const { devices, deviceModels } = this.#deps;
    devices.onChange(scope, {
      added: (device) => this.#add(device),
      updated: (old, device) => this.#update(old, device),
      deleted: (device) => this.#remove(device),
    });
    deviceModels.onChange(scope, {
      added: (model) => this.#pushModel('insert', model),
      // KubeEdge keeps changes of models to itself until a device changes.
      updated: (old, model) => {
        if (fingerprintOf(old) !== fingerprintOf(model)) this.#pushModel('update', model);
      },
      deleted: (model) => this.#pushModel('delete', model),
    });
  }

  /** Models first: a device cannot be understood without its own. */
  desiredFor(nodeName: string): Desired[] {
    const models = [...this.#index.modelsOf(nodeName)].map((key) => this.#deps.deviceModels.get(key));
    return [
      ...models.filter((model) => model !== undefined).map((object) => desired('model', object)),
      ...this.#index.devicesOf(nodeName).map((object) => desired('device', object)),
    ];
  }

  devicesOf(nodeName: string): Device[] {
    return this.#index.devicesOf(nodeName);
  }

  /** Membership is not acknowledged and may have been missed: tells a node that comes back about all its devices. */
  announceAll(nodeName: string): void {
    const devices = this.#index.devicesOf(nodeName).map(edgeDevice);
    for (let start = 0; start < devices.length; start += DEVICES_PER_MESSAGE) {
      const added = devices.slice(start, start + DEVICES_PER_MESSAGE);
      this.#deps.send(nodeName, membershipUpdate({ added }, this.#deps.clock.now()));
    }
  }

  /** For a device that went while the node was away. */
  announceRemoved(nodeName: string, namespace: string, name: string): void {
    const removed = [edgeDevice({ metadata: { namespace, name } })];
    this.#deps.send(nodeName, membershipUpdate({ removed }, this.#deps.clock.now()));
  }

  /** For a device that a node speaks of though it is not, or no longer, the node's, and no record of its delivery is left. */
  takeAway(nodeName: string, { namespace, name }: DeviceId): void {
    const resource = formatResource({ namespace, type: RESOURCES.device.kind.toLowerCase(), name });
    const route = { source: 'devicecontroller', group: 'resource', operation: 'delete', resource };
    const taken = this.#deps.send(nodeName, newMessage(route, { metadata: { name, namespace } }));
    if (taken) this.announceRemoved(nodeName, namespace, name);
  }

  #add(device: Device): void {
    const { nodeName } = device.spec ?? {};
    if (!nodeName) return;
    const model = modelKeyOf(device);
    const modelKnown = model === undefined || this.#index.usesModel(nodeName, model);
    this.#index.set(device);
    this.#deps.send(nodeName, membershipUpdate({ added: [edgeDevice(device)] }, this.#deps.clock.now()));
    if (!modelKnown) this.#sendModel(nodeName, 'insert', model);
    this.#send(nodeName, 'insert', desired('device', device));
  }

  #update(old: Device, device: Device): void {
    const { nodeName } = device.spec ?? {};
    if (old.spec?.nodeName !== nodeName || !nodeName) {
      this.#remove(old);
      this.#add(device);
      return;
    }
    const model = modelKeyOf(device);
    const oldModel = modelKeyOf(old);
    const modelKnown = model === undefined || this.#index.usesModel(nodeName, model);
    this.#index.set(device);
    if (fingerprintOf(old) === fingerprintOf(device)) return;
    if (!modelKnown) this.#sendModel(nodeName, 'insert', model);
    this.#send(nodeName, 'update', desired('device', device));
    this.#dropModel(nodeName, oldModel);
  }

  #remove(device: Device): void {
    const { nodeName } = device.spec ?? {};
    if (!nodeName) return;
    this.#index.remove(device);
    this.#deps.send(nodeName, membershipUpdate({ removed: [edgeDevice(device)] }, this.#deps.clock.now()));
    this.#dropModel(nodeName, modelKeyOf(device));
    this.#send(nodeName, 'delete', desired('device', device));
  }

  #dropModel(nodeName: string, model: string | undefined): void {
    if (model !== undefined && !this.#index.usesModel(nodeName, model)) this.#sendModel(nodeName, 'delete', model);
  }

  #sendModel(nodeName: string, operation: Operation, key: string): void {
    const model = this.#deps.deviceModels.get(key);
    if (model !== undefined) this.#send(nodeName, operation, desired('model', model));
  }

  #pushModel(operation: Operation, model: DeviceModel): void {
    for (const nodeName of this.#index.nodesUsing(keyOf(model))) this.#send(nodeName, operation, desired('model', model));
  }

  #send(nodeName: string, operation: Operation, object: Desired): void {
    this.#deps.send(nodeName, objectMessage(object, operation));
  }
}

function desired(kind: 'device' | 'model', object: KubeObject): Desired {
  return { resource: kind === 'device' ? RESOURCES.device : RESOURCES.deviceModel, object, source: 'devicecontroller' };
}
