import type { Clock } from '../../../kernel/clock.ts';
import type { DaemonState } from '../../../kernel/daemon.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { serveUnixHttp } from '../../../link/unix-http.ts';
import type { AdminRequest, AdminRoute } from '../../../link/unix-http.ts';
import type { StatusReport } from '../../../protocol/admin.ts';

/** What DeviceTwin tells of this edge's devices; it needs no cloud. Undefined: there is no such device. */
export interface DeviceReads {
  readonly list: () => unknown;
  readonly get: (namespace: string, name: string) => unknown;
  readonly twins: (namespace: string, name: string) => unknown;
  /** The device's twins now and after every change. */
  readonly watch: (namespace: string, name: string, signal: AbortSignal) => AsyncIterable<unknown> | undefined;
}

export interface AdminOptions {
  readonly socket: string;
  readonly version: string;
}

export interface AdminDeps {
  readonly state: DaemonState;
  readonly devices: DeviceReads;
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
    const { devices } = this.#deps;
    const device = (path: string, read: (namespace: string, name: string, signal: AbortSignal) => unknown): AdminRoute => ({
      method: 'GET',
      path: `/devices/:namespace/:name${path}`,
      handle: (request) => this.#found(request, read),
    });
    await serveUnixHttp(scope, this.#options.socket, [
      { method: 'GET', path: '/status', handle: () => this.#report(startedAt) },
      { method: 'GET', path: '/devices', handle: () => this.#ready(() => devices.list()) },
      device('', devices.get),
      device('/twins', devices.twins),
      device('/watch', devices.watch),
    ]);
  }

  #report(startedAt: string): StatusReport {
    const { state } = this.#deps;
    return { role: 'edge', pid: process.pid, version: this.#options.version, startedAt, ready: state.ready, modules: state.report() };
  }

  /** Reads need modules that start after this one. */
  #ready<T>(read: () => T): T {
    if (!this.#deps.state.ready) throw new KedgeError('UNREACHABLE', 'the edge is still starting', { hint: 'kedge status' });
    return read();
  }

  #found({ params, signal }: AdminRequest, read: (namespace: string, name: string, signal: AbortSignal) => unknown): unknown {
    const { namespace = '', name = '' } = params;
    const result = this.#ready(() => read(namespace, name, signal));
    if (result === undefined)
      throw new KedgeError('NOT_FOUND', `this edge has no device ${namespace}/${name}`, { hint: 'kedge device list' });
    return result;
  }
}
