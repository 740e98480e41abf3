import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { listenUnix } from '../kernel/listen-unix.ts';
import type { Scope } from '../kernel/module.ts';
import type { DeviceManager, GrpcServer } from './grpc-server.ts';
import { statusNameOf } from './status-code.ts';

export type { DeviceManager } from './grpc-server.ts';

/** Connections of mappers at the same time. */
const MAX_CONNECTIONS = 100;

/**
 * Serves DMI to mappers on a Unix socket that the daemon's own user may open. gRPC, which takes 10 MB, is loaded when the first mapper comes.
 * @throws KedgeError INVALID_INPUT when the path is too long, CONFLICT when another process listens on it, PERMISSION
 */
export async function serveDmi(scope: Scope, path: string, manager: DeviceManager): Promise<void> {
  const sockets = new Set<Socket>();
  let loading: Promise<GrpcServer> | undefined;
  const load = async (): Promise<GrpcServer> => {
    const { GrpcServer } = await import('./grpc-server.ts');
    return new GrpcServer(manager, statusNameOf, scope.log);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => scope.log.debug({ err: error }, 'a connection of a mapper broke'));
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
  await listenUnix(server, path, { shorten: 'choose another one with kedge join edge --dmi-socket', other: 'another server of DMI' });
}
