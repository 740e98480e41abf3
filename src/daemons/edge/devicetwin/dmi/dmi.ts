import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bus } from '../../../../kernel/bus.ts';
import type { Clock } from '../../../../kernel/clock.ts';
import { KedgeError, messageOf } from '../../../../kernel/errors.ts';
import type { Module, ModuleStatus, Scope } from '../../../../kernel/module.ts';
import { serveDmi } from '../../../../dmi/serve-dmi.ts';
import { parseDeviceSpec } from '../../../../protocol/device-spec.ts';
import { protocolOf } from '../../../../protocol/dmi-device.ts';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type {
  MapperRegisterRequest,
  MapperRegisterResponse,
  ReportDeviceStatesRequest,
  ReportDeviceStatusRequest,
} from '../../../../protocol/dmi.ts';
import type { DeviceId } from '../../../../protocol/topics.ts';
import { DEFAULT_NAMESPACE, parseDeviceId } from '../../../../protocol/topics.ts';
import type { Refusal, TwinDelta } from '../../../../protocol/twin.ts';
import type { Database } from '../../../../store/database.ts';
import type { GroupCommit } from '../../../../store/group-commit.ts';
import { Mappers } from '../../../../store/mappers.ts';
import type { EdgeEvents } from '../../events.ts';
import type { StoredObjects } from '../device-queries.ts';
import { MapperCaller } from './mapper-caller.ts';
import { readMapper } from './read-mapper.ts';
import { wantedObjects } from './wanted-objects.ts';

export interface DmiDeps extends Pick<StoredObjects, 'listStored' | 'getStored'> {
  /** Both open from the start of this module on. */
  readonly db: Database;
  readonly group: GroupCommit;
  readonly bus: Bus<EdgeEvents>;
  /** Resolves when the report, which has the form of its MQTT topic, is on disk, with the reason where it was refused. */
  readonly report: (kind: 'twin/update' | 'state/update', device: DeviceId, body: object) => Promise<Refusal | undefined>;
  readonly clock: Clock;
}

/** Mappers that are known at the same time. */
const MAX_MAPPERS = 100;

/**
 * Device drivers over DMI, KubeEdge's gRPC on a Unix socket: a mapper registers, is told of the devices of its protocol and of what changes about them,
 * and reports what they measure. What a mapper knows is kept, and compared with what it should know: in whatever order mapper, device and model
 * come, and whoever was away meanwhile, in the end it knows of everything.
 */
export class Dmi implements Module {
  readonly name = 'dmi';
  readonly #sockets: readonly string[];
  readonly #deps: DmiDeps;
  #running: { readonly mappers: Mappers; readonly caller: MapperCaller } | undefined;
  #socket: string | undefined;
  #trouble: string | undefined;

  /** @param sockets where to listen: at the first of these where that is possible */
  constructor(sockets: readonly string[], deps: DmiDeps) {
    this.#sockets = sockets;
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { db, group, bus, clock } = this.#deps;
    const mappers = new Mappers(db);
    const wanted = (protocol: string) => this.#wanted(protocol);
    const caller = new MapperCaller({ mappers, group, wanted, clock }, scope);
    this.#running = { mappers, caller };
    const changed = ({ type }: { type: string }): void => {
      if (type === 'device' || type === 'devicemodel') caller.bringAll();
    };
    bus.on(scope, 'objectStored', changed);
    bus.on(scope, 'objectDeleted', changed);
    caller.bringAll();
    for (const socket of this.#sockets) if (await this.#serve(scope, socket)) return;
  }

  status(): ModuleStatus {
    const { mappers, caller } = this.#started;
    const known = mappers.list().map(({ name, protocol, address }) => ({ name, protocol, address, ...caller.stateOf(address) }));
    const away = known.find(({ error }) => error !== undefined);
    const detail = this.#trouble ?? (away && `${away.name}: ${String(away.error)}`);
    return {
      ...(detail === undefined ? { state: 'ok' } : { state: 'degraded', detail }),
      facts: { socket: this.#socket ?? null, mappers: known.length },
    };
  }

  /** The device (`namespace/name`) has not reported what is desired of it: its mappers are told of it again, if that can be expected to end. */
  remind(deviceId: string, delta: TwinDelta): void {
    const { mappers, caller } = this.#started;
    const device = parseDeviceId(deviceId);
    const object = device && this.#deps.getStored({ ...device, type: 'device' });
    if (object === undefined || !isReportExpected(object, delta)) return;
    for (const { address, protocol } of mappers.list()) if (protocol === protocolOf(object)) caller.remind(address, deviceId);
  }

  /** Devices that speak MQTT go on where mappers cannot be served. */
  async #serve(scope: Scope, socket: string): Promise<boolean> {
    try {
      await mkdir(dirname(socket), { recursive: true });
      await serveDmi(scope, socket, {
        mapperRegister: (request) => this.#register(request),
        reportDeviceStatus: (request) => this.#reportStatus(request),
        reportDeviceStates: (request) => this.#reportState(request),
      });
      this.#socket = socket;
      this.#trouble = undefined;
      return true;
    } catch (error) {
      this.#trouble = `mappers are not served: ${messageOf(error)}`;
      scope.log.warn({ err: error, socket }, 'mappers cannot be served here');
      return false;
    }
  }

  get #started() {
    if (this.#running === undefined) throw new Error('DMI is not started');
    return this.#running;
  }

  #wanted(protocol: string) {
    const { listStored } = this.#deps;
    return wantedObjects(protocol, listStored('device'), listStored('devicemodel'));
  }

  async #register({ withData, mapper: info }: MapperRegisterRequest): Promise<MapperRegisterResponse> {
    const { mappers, caller } = this.#started;
    const mapper = readMapper(info);
    const others = mappers.list().filter(({ address }) => address !== mapper.address);
    if (others.length >= MAX_MAPPERS) throw new KedgeError('CONFLICT', `there are ${MAX_MAPPERS} mappers already`);
    const { models, devices } = this.#wanted(mapper.protocol);
    const told = [
      ...[...models].map(([id, { digest }]) => ({ kind: 'model', id, digest }) as const),
      ...[...devices].map(([id, { digest }]) => ({ kind: 'device', id, digest }) as const),
    ];
    await caller.register(mapper, withData ? told : []);
    if (!withData) return { modelList: [], deviceList: [] };
    return { modelList: [...models.values()].map(({ object }) => object), deviceList: [...devices.values()].map(({ object }) => object) };
  }

  /** What a mapper has observed of the desired value is not taken for one: it may be older than what is desired now. */
  async #reportStatus({ deviceName, deviceNamespace, reportedDevice }: ReportDeviceStatusRequest): Promise<void> {
    const reported = (reportedDevice?.twins ?? []).flatMap(({ propertyName, reported: twin }) =>
      twin === null || twin === undefined ? [] : [[propertyName, twin.value] as const],
    );
    if (reported.length === 0) return;
    const device = deviceOf(deviceName, deviceNamespace);
    const twin = Object.fromEntries(reported.map(([name, value]) => [name, { actual: { value } }]));
    assertTaken(device, await this.#deps.report('twin/update', device, { twin }));
  }

  async #reportState({ deviceName, deviceNamespace, state }: ReportDeviceStatesRequest): Promise<void> {
    const device = deviceOf(deviceName, deviceNamespace);
    assertTaken(device, await this.#deps.report('state/update', device, { state }));
  }
}

/** A mapper is asked to report a property, or does so anyhow. What it never reports may well be as desired. */
function isReportExpected(device: KubeObject, { delta, twin }: TwinDelta): boolean {
  const properties = parseDeviceSpec(device)?.properties ?? [];
  return properties.some(
    ({ name, desired, isReported }) =>
      desired !== undefined && desired === delta[name] && (isReported === true || twin[name]?.actual !== undefined),
  );
}

/** Mappers of KubeEdge 1.15 name no namespace. */
function deviceOf(name: string, namespace: string): DeviceId {
  if (name === '') throw new KedgeError('INVALID_INPUT', 'deviceName is missing');
  return { namespace: namespace === '' ? DEFAULT_NAMESPACE : namespace, name };
}

function assertTaken({ namespace, name }: DeviceId, refusal: Refusal | undefined): void {
  if (refusal === undefined) return;
  throw new KedgeError(refusal.code === 404 ? 'NOT_FOUND' : 'INVALID_INPUT', `device ${namespace}/${name}: ${refusal.reason}`);
}
