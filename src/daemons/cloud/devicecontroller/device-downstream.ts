import type { Clock } from '../../../kernel/clock.ts';
import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import { keyOf } from '../../../kube/object-cache.ts';
import type { Device, DeviceModel } from '../../../protocol/devices.ts';
import type { EdgeDialect } from '../../../protocol/edge-dialect.ts';
import { RESOURCES, apiVersionOf } from '../../../protocol/kubernetes.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { fingerprintOf, objectMessage } from '../../../protocol/object-message.ts';
import type { Desired } from '../../../protocol/object-message.ts';
import { formatResource, parseResource } from '../../../protocol/resource.ts';
import type { DeviceId } from '../../../protocol/topics.ts';
import { DeviceIndex, modelKeyOf } from './device-index.ts';
import type { EdgeDevice } from '../../../protocol/membership.ts';
import { addedDevice, cloudUpdated, confirmation, edgeDevice, membershipDetail, membershipUpdate } from './membership.ts';

export interface DeviceDownstreamDeps {
  readonly clock: Clock;
  readonly devices: Informer<Device>;
  readonly deviceModels: Informer<DeviceModel>;
  readonly dialectOf: (nodeName: string) => EdgeDialect;
  /** True when the node may have the object, as far as is recorded: its deletion will reach the node, whatever happens. */
  readonly isRecorded: (nodeName: string, uid: string) => boolean;
  /** False when the message was not taken, or is on its way already. */
  readonly send: (nodeName: string, message: Message) => boolean;
}

type Operation = 'insert' | 'update' | 'delete';

/** An edge's inbox drops what overflows it, so many devices do not travel in many messages, nor in one huge one. */
const DEVICES_PER_MESSAGE = 100;

/** Devices and their models to the node that a device names, in its dialect (KubeEdge wire format, cloud actions on CR events). */
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
    if (this.#deps.dialectOf(nodeName).twins === 'messages') return [];
    const models = [...this.#index.modelsOf(nodeName)].map((key) => this.#deps.deviceModels.get(key));
    return [
      ...models.filter((model) => model !== undefined).map((object) => desired('model', object)),
      ...this.#index.devicesOf(nodeName).map((object) => desired('device', object)),
    ];
  }

  devicesOf(nodeName: string): Device[] {
    return this.#index.devicesOf(nodeName);
  }

  /**
   * Membership is not acknowledged and may have been missed: tells a node that comes back about its devices. Not of one whose object it was
   * never sent: should that go before, nobody would tell the node.
   */
  announceAll(nodeName: string): void {
    const { isRecorded, dialectOf } = this.#deps;
    const isTold = ({ metadata: { uid = '' } }: Device): boolean => dialectOf(nodeName).twins === 'messages' || isRecorded(nodeName, uid);
    const added = this.#index.devicesOf(nodeName).filter(isTold);
    this.#announceAdded(nodeName, added);
  }

  /** An object that is recorded by now is about to be sent: the node learns of a device before it gets its object. */
  beforeDelivery(nodeName: string, { route }: Message): void {
    const { namespace = '', type, name = '' } = parseResource(route.resource ?? '') ?? {};
    if (route.operation !== 'insert' || type !== RESOURCES.device.kind.toLowerCase()) return;
    const device = this.#index.get(nodeName, `${namespace}/${name}`);
    if (device !== undefined) this.#announceAdded(nodeName, [device]);
  }

  #announceAdded(nodeName: string, devices: readonly Device[]): void {
    const now = this.#deps.clock.now();
    const dialect = this.#deps.dialectOf(nodeName);
    const added = devices.map((device) => addedDevice(device, dialect, now, this.#modelOf(device)));
    for (const part of inParts(added)) this.#announce(nodeName, { added: part }, now);
  }

  /** An edge turns out to speak another dialect, as after an upgrade: what it knows under the old IDs goes. */
  changeDialect(nodeName: string, before: EdgeDialect): void {
    if (before.deviceIds !== this.#deps.dialectOf(nodeName).deviceIds) {
      const removed = this.#index.devicesOf(nodeName).map((device) => edgeDevice(device, before));
      for (const part of inParts(removed)) this.#announce(nodeName, { removed: part });
    }
    this.announceAll(nodeName);
    if (before.twins === 'messages') for (const object of this.desiredFor(nodeName)) this.#send(nodeName, 'insert', object);
  }

  /**
   * An edge asks for its memberships, as KubeEdge's do at each connection. Of what it has beyond them nothing else rids one that reads no
   * objects: no ObjectSync tells of a device that went while it was away.
   */
  answerDetail(nodeName: string, { header }: Message): void {
    const { dialectOf, send, clock } = this.#deps;
    const dialect = dialectOf(nodeName);
    if (dialect.twins !== 'messages') return;
    const devices = this.#index.devicesOf(nodeName).map((device) => edgeDevice(device, dialect));
    send(nodeName, membershipDetail(devices, clock.now()));
    send(nodeName, confirmation(header.msg_id));
  }

  /** For a device that went while the node was away, and not for one of which only the object is too much. */
  announceRemoved(nodeName: string, namespace: string, name: string): void {
    if (this.#index.has(nodeName, `${namespace}/${name}`)) return;
    this.#announce(nodeName, { removed: [edgeDevice({ metadata: { namespace, name } }, this.#deps.dialectOf(nodeName))] });
  }

  /** For a device that a node speaks of though it is not, or no longer, the node's, and no record of its delivery is left. */
  takeAway(nodeName: string, { namespace, name }: DeviceId): void {
    const resource = formatResource({ namespace, type: RESOURCES.device.kind.toLowerCase(), name });
    const route = { source: 'devicecontroller', group: 'resource', operation: 'delete', resource };
    const content = { apiVersion: apiVersionOf(RESOURCES.device), kind: RESOURCES.device.kind, metadata: { name, namespace } };
    const taken = this.#deps.send(nodeName, newMessage(route, content));
    if (taken) this.announceRemoved(nodeName, namespace, name);
  }

  #add(device: Device): void {
    const { nodeName } = device.spec ?? {};
    if (!nodeName) return;
    const model = modelKeyOf(device);
    const modelKnown = model === undefined || this.#index.usesModel(nodeName, model);
    this.#index.set(device);
    if (this.#deps.dialectOf(nodeName).twins === 'messages') this.#announceAdded(nodeName, [device]);
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
    this.#updateTwins(nodeName, old, device);
    if (!modelKnown) this.#sendModel(nodeName, 'insert', model);
    this.#send(nodeName, 'update', desired('device', device));
    this.#dropModel(nodeName, oldModel);
  }

  #remove(device: Device): void {
    const { nodeName } = device.spec ?? {};
    if (!nodeName) return;
    this.#index.remove(device);
    this.#announce(nodeName, { removed: [edgeDevice(device, this.#deps.dialectOf(nodeName))] });
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
    for (const nodeName of this.#index.nodesUsing(keyOf(model))) {
      this.#send(nodeName, operation, desired('model', model));
      // There the types of the twins travel with the membership.
      if (this.#deps.dialectOf(nodeName).twins === 'messages') this.announceAll(nodeName);
    }
  }

  #send(nodeName: string, operation: Operation, object: Desired): void {
    if (this.#deps.dialectOf(nodeName).twins === 'objects') this.#deps.send(nodeName, objectMessage(object, operation));
  }

  #announce(
    nodeName: string,
    devices: { added: readonly EdgeDevice[] } | { removed: readonly EdgeDevice[] },
    now = this.#deps.clock.now(),
  ): void {
    this.#deps.send(nodeName, membershipUpdate(devices, now));
  }

  #updateTwins(nodeName: string, old: Device, device: Device): void {
    const { dialectOf, send, clock } = this.#deps;
    const dialect = dialectOf(nodeName);
    if (dialect.twins === 'messages') send(nodeName, cloudUpdated(old, device, dialect, this.#modelOf(device), clock.now()));
  }

  #modelOf(device: Device): DeviceModel | undefined {
    const key = modelKeyOf(device);
    return key === undefined ? undefined : this.#deps.deviceModels.get(key);
  }
}

function inParts(devices: readonly EdgeDevice[]): EdgeDevice[][] {
  const parts = Math.ceil(devices.length / DEVICES_PER_MESSAGE);
  return Array.from({ length: parts }, (_, part) => devices.slice(part * DEVICES_PER_MESSAGE, (part + 1) * DEVICES_PER_MESSAGE));
}

function desired(kind: 'device' | 'model', object: KubeObject): Desired {
  return { resource: kind === 'device' ? RESOURCES.device : RESOURCES.deviceModel, object, source: 'devicecontroller' };
}
