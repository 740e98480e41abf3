import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { listenUnix } from '../kernel/listen-unix.ts';
import type { UnixListener } from '../kernel/listen-unix.ts';
import type { Scope } from '../kernel/module.ts';
import type {
  GetDeviceRequest,
  GetDeviceResponse,
  MapperCalls,
  MapperRegisterRequest,
  MapperRegisterResponse,
  ReportDeviceStatesRequest,
  ReportDeviceStatusRequest,
} from '../protocol/dmi.ts';
import type { GrpcServer, ServedService } from './grpc-server.ts';
import { statusNameOf } from './status-code.ts';

/** What mappers ask of the edge. A KedgeError is told to the mapper. */
export interface DeviceManager {
  readonly mapperRegister: (request: MapperRegisterRequest) => Promise<MapperRegisterResponse>;
  readonly reportDeviceStatus: (request: ReportDeviceStatusRequest) => Promise<void>;
  readonly reportDeviceStates: (request: ReportDeviceStatesRequest) => Promise<void>;
}

/** What the edge asks of a mapper. A KedgeError is told to the edge. */
export type DeviceMapper = { readonly [M in keyof MapperCalls]: (request: MapperCalls[M]) => Promise<object> } & {
  readonly GetDevice: (request: GetDeviceRequest) => Promise<GetDeviceResponse>;
};

/** Connections at the same time. */
const MAX_CONNECTIONS = 100;

/**
 * Serves DMI to mappers on a Unix socket that the daemon's own user may open.
 * @throws KedgeError INVALID_INPUT when the path is too long, CONFLICT when another process listens on it, PERMISSION
 */
export async function serveDmi(scope: Scope, path: string, manager: DeviceManager): Promise<void> {
  const methods = {
    MapperRegister: manager.mapperRegister,
    ReportDeviceStatus: manager.reportDeviceStatus,
    ReportDeviceStates: manager.reportDeviceStates,
  };
  const words = { shorten: 'choose another one with kedge join edge --dmi-socket', other: 'another server of DMI' };
  await serve(scope, path, { service: 'DeviceManagerService', methods }, words);
}

/**
 * Serves the edge's calls to a mapper on a Unix socket of its own.
 * @throws KedgeError INVALID_INPUT when the path is too long, CONFLICT when another process listens on it, PERMISSION
 */
export async function serveMapper(scope: Scope, path: string, mapper: DeviceMapper): Promise<void> {
  const words = { shorten: 'choose another one with --own-socket, or ownSocket of runMapper', other: 'a mapper of this name' };
  await serve(scope, path, { service: 'DeviceMapperService', methods: mapper }, words);
}

/** gRPC, which takes 10 MB, is loaded when the first caller comes. */
async function serve(scope: Scope, path: string, served: ServedService, words: UnixListener): Promise<void> {
  const sockets = new Set<Socket>();
  let loading: Promise<GrpcServer> | undefined;
  const load = async (): Promise<GrpcServer> => {
    const { GrpcServer } = await import('./grpc-server.ts');
    return new GrpcServer(served, statusNameOf, scope.log);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => scope.log.debug({ err: error }, 'a connection over DMI broke'));
    loading ??= load();
    loading.then(
      (grpc) => grpc.serve(socket),
      (error: unknown) => {
        loading = undefined;
        scope.log.error({ err: error }, 'gRPC could not be loaded');
        socket.destroy();
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  scope.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    (await loading)?.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  await listenUnix(server, path, words);
}
