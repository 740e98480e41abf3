import type { Clock } from '../../../kernel/clock.ts';
import type { DaemonState } from '../../../kernel/daemon.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { serveUnixHttp } from '../../../link/unix-http.ts';
import type { AdminRequest, AdminRoute } from '../../../link/unix-http.ts';
import type { EventBusReloaded, RenewedCertificate, StatusReport } from '../../../protocol/admin.ts';
import type { Device, DeviceModel, Twin } from '../../../protocol/devices.ts';
import type { TwinHistoryEntry } from '../../../protocol/twin-history.ts';
import { deviceStates } from './device-watch.ts';
import { mqttRoutes } from './mqtt-routes.ts';
import type { MqttAccounts } from './mqtt-routes.ts';

/** What DeviceTwin tells of this edge's devices; it needs no cloud. Undefined: there is no such device. */
export interface DeviceReads {
  readonly listDevices: () => Device[];
  readonly getDevice: (namespace: string, name: string) => Device | undefined;
  /** Undefined: no device of this edge has this model, or it has not come yet. */
  readonly getModel: (namespace: string, name: string) => DeviceModel | undefined;
  readonly getTwins: (namespace: string, name: string) => Twin[] | undefined;
  /** The values that its twins had. Undefined, too: it has no such property. */
  readonly readHistory: (
    namespace: string,
    name: string,
    filter: { readonly property: string | undefined; readonly since: number },
  ) => AsyncIterable<TwinHistoryEntry> | undefined;
  /** Tells of every later change until the signal aborts. */
  readonly watchTwins: (namespace: string, name: string, onChange: (device: Device | undefined) => void, signal: AbortSignal) => void;
}

export interface AdminOptions {
  readonly socket: string;
  readonly version: string;
}

export interface AdminDeps {
  readonly state: DaemonState;
  readonly devices: DeviceReads;
  /** Has the EventBus take over what its configuration file says now. */
  readonly reloadEventBus: () => Promise<EventBusReloaded>;
  readonly accounts: () => MqttAccounts;
  /** Renews the edge's certificate now; when it ends then. */
  readonly renewCertificate: () => Promise<{ readonly notAfter: Date }>;
  readonly clock: Clock;
}

/** The edge's admin socket: its status, and its devices when the cloud is away. The first module, so that it can tell what is broken. */
export class Admin implements Module {
  readonly name = 'admin';
  readonly #options: AdminOptions;
  readonly #deps: AdminDeps;

  constructor(options: AdminOptions, deps: AdminDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const startedAt = new Date(this.#deps.clock.now()).toISOString();
    await serveUnixHttp(scope, this.#options.socket, [
      { method: 'GET', path: '/status', handle: () => this.#report(startedAt) },
      { method: 'GET', path: '/devices', handle: () => this.#ready.listDevices() },
      { method: 'GET', path: DEVICE, handle: found((namespace, name) => this.#ready.getDevice(namespace, name)) },
      {
        method: 'GET',
        path: '/devicemodels/:namespace/:name',
        handle: found((namespace, name) => this.#ready.getModel(namespace, name), 'device model'),
      },
      { method: 'GET', path: `${DEVICE}/twins`, handle: found((namespace, name) => this.#ready.getTwins(namespace, name)) },
      { method: 'GET', path: `${DEVICE}/watch`, handle: found((namespace, name, signal) => this.#watch(namespace, name, signal)) },
      { method: 'GET', path: `${DEVICE}/history`, handle: (request) => this.#history(request) },
      { method: 'POST', path: '/eventbus/reload', handle: () => this.#deps.reloadEventBus() },
      ...mqttRoutes(() => this.#whenReady(this.#deps.accounts)),
      { method: 'POST', path: '/certificates/renew', handle: () => this.#renew() },
    ]);
  }

  async #renew(): Promise<RenewedCertificate> {
    const { notAfter } = await this.#deps.renewCertificate();
    return { role: 'edge', name: 'edge', notAfter: notAfter.toISOString() };
  }

  /** The devices, whose module starts after this one. */
  get #ready(): DeviceReads {
    return this.#whenReady(() => this.#deps.devices);
  }

  #whenReady<T>(read: () => T): T {
    if (!this.#deps.state.ready) throw new KedgeError('UNREACHABLE', 'the edge is still starting', { hint: 'kedge status' });
    return read();
  }

  #watch(namespace: string, name: string, signal: AbortSignal): AsyncIterable<Device> | undefined {
    const devices = this.#ready;
    const read = (): Device | undefined => devices.getDevice(namespace, name);
    if (read() === undefined) return undefined;
    return deviceStates(
      read,
      (onChange, until) => {
        devices.watchTwins(namespace, name, onChange, until);
      },
      signal,
    );
  }

  /** Query: `property`; `since`, not before that many ms since the epoch. One TwinHistoryEntry a line. */
  #history({ params, query }: AdminRequest): AsyncIterable<TwinHistoryEntry> {
    const { namespace = '', name = '' } = params;
    const since = Number(query.get('since') ?? 0);
    if (!Number.isFinite(since)) throw new KedgeError('INVALID_INPUT', 'since is not a number of milliseconds');
    const property = query.get('property') ?? undefined;
    const history = this.#ready.readHistory(namespace, name, { property, since });
    if (history !== undefined) return history;
    if (this.#ready.getDevice(namespace, name) === undefined) throw notHere('device', namespace, name);
    throw new KedgeError('NOT_FOUND', `device ${name} has no property ${property ?? ''}`, { hint: `kedge device get-twin ${name}` });
  }

  #report(startedAt: string): StatusReport {
    const { state } = this.#deps;
    const { version } = this.#options;
    const { ready, problems } = state;
    return { role: 'edge', pid: process.pid, version, startedAt, ready, modules: state.report(), lastErrors: problems.list() };
  }
}

const DEVICE = '/devices/:namespace/:name';

function found(read: (namespace: string, name: string, signal: AbortSignal) => unknown, what = 'device'): AdminRoute['handle'] {
  return ({ params, signal }) => {
    const { namespace = '', name = '' } = params;
    const result = read(namespace, name, signal);
    if (result === undefined) throw notHere(what, namespace, name);
    return result;
  };
}

function notHere(what: string, namespace: string, name: string): KedgeError {
  return new KedgeError('NOT_FOUND', `this edge has no ${what} ${namespace}/${name}`, { hint: 'kedge device list' });
}
