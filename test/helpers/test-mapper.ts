import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Client, handleUnaryCall, ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { MapperRegisterResponse } from '../../src/protocol/dmi.ts';

const PROTO = fileURLToPath(new URL('../../templates/dmi/v1beta1.proto', import.meta.url));
const CALLS = [
  'RegisterDevice',
  'UpdateDevice',
  'RemoveDevice',
  'CreateDeviceModel',
  'UpdateDeviceModel',
  'RemoveDeviceModel',
  'GetDevice',
];

interface Services {
  readonly DeviceManagerService: ServiceClientConstructor;
  readonly DeviceMapperService: ServiceClientConstructor;
}

export interface MapperCall {
  readonly method: string;
  readonly request: Record<string, unknown>;
}

/** A mapper as one of KubeEdge's framework is to the edge: it registers, serves its socket, and keeps what it was called for. */
export class TestMapper {
  readonly calls: MapperCall[] = [];
  /** Refuses calls for which it gives a reason. */
  refuses: (call: MapperCall) => string | undefined = () => undefined;
  readonly #services: Services;
  readonly #options: { readonly socket: string; readonly edge: string; readonly name: string; readonly protocol: string };
  #server: Server | undefined;
  #client: Client | undefined;

  /** `edge`: the path of the edge's DMI socket. */
  constructor(options: { socket: string; edge: string; name?: string; protocol: string }) {
    this.#options = { name: 'test-mapper', ...options };
    const loaded = loadPackageDefinition(loadSync(PROTO, { keepCase: true, longs: String, defaults: true }));
    this.#services = (loaded as unknown as { v1beta1: Services }).v1beta1;
  }

  /** Serves its socket, from now on. */
  async serve(): Promise<void> {
    const server = new Server();
    const handlers = CALLS.map((method) => [method, this.#handler(method)] as const);
    server.addService(this.#services.DeviceMapperService.service, Object.fromEntries(handlers));
    rmSync(this.#options.socket, { force: true });
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`unix:${this.#options.socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
    this.#server = server;
  }

  /** Stops serving, as if it had been killed. */
  die(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#client?.close();
    this.#client = undefined;
  }

  register(withData = true): Promise<MapperRegisterResponse> {
    const { name, protocol, socket } = this.#options;
    const mapper = { name, version: 'v1', api_version: 'v1beta1', protocol, address: Buffer.from(socket), state: 'ok' };
    return this.ask('MapperRegister', { withData, mapper });
  }

  report(deviceName: string, values: Record<string, string>, deviceNamespace = 'default'): Promise<unknown> {
    const twins = Object.entries(values).map(([propertyName, value]) => ({ propertyName, reported: { value, metadata: {} } }));
    return this.ask('ReportDeviceStatus', { deviceName, deviceNamespace, reportedDevice: { twins } });
  }

  /** Any call of the edge. Rejects with gRPC's error. */
  ask<T>(method: string, request: object): Promise<T> {
    this.#client ??= new this.#services.DeviceManagerService(`unix:${this.#options.edge}`, credentials.createInsecure());
    const client = this.#client as unknown as Record<
      string,
      (request: object, done: (error: ServiceError | null, answer: T) => void) => void
    >;
    return new Promise((resolve, reject) =>
      client[method]?.(request, (error, answer) => (error === null ? resolve(answer) : reject(error))),
    );
  }

  #handler(method: string): handleUnaryCall<Record<string, unknown>, object> {
    return ({ request }, done) => {
      const call = { method, request };
      const reason = this.refuses(call);
      if (reason !== undefined) {
        done({ code: status.INTERNAL, details: reason });
        return;
      }
      this.calls.push(call);
      done(null, {});
    };
  }
}
