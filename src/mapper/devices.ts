import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { MapperLog } from './driver.ts';
import type { DeviceMapper } from '../dmi/serve-dmi.ts';
import type { DmiDevice, DmiDeviceModel, MapperRegisterResponse } from '../protocol/dmi.ts';
import type { DeviceRunner } from './device-runner.ts';
import { idOf, planDevice } from './mapped-device.ts';
import type { PlannedDevice } from './mapped-device.ts';

export interface DevicesDeps {
  readonly log: MapperLog;
  /** @throws Error when the driver cannot serve this device */
  readonly check: (device: PlannedDevice) => void;
  readonly newRunner: (device: PlannedDevice) => DeviceRunner;
  /** The device cannot be served as its file is. */
  readonly onRefused: (device: PlannedDevice) => void;
  readonly onRemoved: (id: string) => void;
  /** The text that was read last. */
  readonly lastValue: (id: string, property: string) => string | undefined;
}

/** The devices of a mapper, as the edge tells of them. */
export class Devices {
  readonly #deps: DevicesDeps;
  readonly #models = new Map<string, DmiDeviceModel>();
  readonly #told = new Map<string, DmiDevice>();
  readonly #runners = new Map<string, DeviceRunner>();
  /** Runners of removed devices, until they have ended. */
  readonly #ending = new Map<string, Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: DevicesDeps) {
    this.#deps = deps;
  }

  /** What the edge calls for. Calls wait for a registration that is under way: its answer may be older than they are. */
  readonly served: DeviceMapper = {
    RegisterDevice: ({ device }) => this.inTurn(() => this.#take(device, { deviceName: device.name, deviceNamespace: device.namespace })),
    UpdateDevice: ({ device }) => this.inTurn(() => this.#take(device, {})),
    RemoveDevice: ({ deviceName: name, deviceNamespace: namespace }) => this.inTurn(() => this.#remove(idOf({ namespace, name }))),
    CreateDeviceModel: ({ model }) =>
      this.inTurn(() => this.#takeModel(model, { deviceModelName: model.name, deviceModelNamespace: model.namespace })),
    UpdateDeviceModel: ({ model }) => this.inTurn(() => this.#takeModel(model, {})),
    RemoveDeviceModel: ({ modelName: name, modelNamespace: namespace }) =>
      this.inTurn(() => {
        this.#models.delete(idOf({ namespace, name }));
        return {};
      }),
    GetDevice: ({ deviceName: name, deviceNamespace: namespace }) => this.inTurn(() => ({ device: this.#get(idOf({ namespace, name })) })),
  };

  /** Runs alone, after what came before. */
  inTurn<T>(run: () => T | Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** What the edge told at the registration is all that there is. */
  replaceAll({ deviceList, modelList }: MapperRegisterResponse): void {
    this.#models.clear();
    for (const model of modelList) this.#models.set(idOf(model), model);
    const wanted = new Set(deviceList.map(idOf));
    for (const id of [...this.#told.keys()].filter((each) => !wanted.has(each))) this.#remove(id);
    for (const device of deviceList) this.#tryPut(device);
  }

  /** Closes all. */
  async stop(): Promise<void> {
    await Promise.all([...[...this.#runners.values()].map((runner) => runner.stop()), ...this.#ending.values()]);
  }

  #take<A extends object>(device: DmiDevice, answer: A): A {
    const refusal = this.#tryPut(device);
    if (refusal !== undefined) throw new KedgeError('INVALID_INPUT', refusal);
    return answer;
  }

  #takeModel<A extends object>(model: DmiDeviceModel, answer: A): A {
    this.#models.set(idOf(model), model);
    for (const device of this.#told.values()) if (modelIdOf(device) === idOf(model)) this.#tryPut(device);
    return answer;
  }

  /** @returns why the device cannot be served: others are not concerned */
  #tryPut(told: DmiDevice): string | undefined {
    const { check, newRunner, onRefused, log } = this.#deps;
    const device = planDevice(told, this.#models.get(modelIdOf(told)));
    const { id } = device;
    this.#told.set(id, told);
    try {
      check(device);
    } catch (error) {
      const reason = messageOf(error);
      log.error({ device: id }, `the device is not served: ${reason}`);
      this.#end(id);
      onRefused(device);
      return reason;
    }
    const runner = this.#runners.get(id);
    if (runner !== undefined) {
      runner.update(device);
      return undefined;
    }
    const fresh = newRunner(device);
    this.#runners.set(id, fresh);
    fresh.start(this.#ending.get(id) ?? Promise.resolve());
    return undefined;
  }

  #remove(id: string): object {
    this.#told.delete(id);
    this.#end(id);
    this.#deps.onRemoved(id);
    return {};
  }

  #end(id: string): void {
    const runner = this.#runners.get(id);
    if (runner === undefined) return;
    this.#runners.delete(id);
    const ended: Promise<void> = runner.stop().finally(() => {
      if (this.#ending.get(id) === ended) this.#ending.delete(id);
    });
    this.#ending.set(id, ended);
  }

  #get(id: string): DmiDevice {
    const told = this.#told.get(id);
    if (told === undefined) throw new KedgeError('NOT_FOUND', `the device ${id} is not known here`);
    const twins = told.spec.properties.map(({ name, desired }) => {
      const value = this.#deps.lastValue(id, name);
      return { propertyName: name, observedDesired: desired ?? null, reported: value === undefined ? null : { value, metadata: {} } };
    });
    return { ...told, status: { ...told.status, twins } };
  }
}

function modelIdOf({ namespace, spec }: DmiDevice): string {
  return idOf({ namespace, name: spec.deviceModelReference });
}
