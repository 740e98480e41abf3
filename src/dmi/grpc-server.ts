import type { Socket } from 'node:net';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { messageOf } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import { loadDmi } from './definition.ts';
import type { DmiService } from './definition.ts';
import type { StatusName } from './status-code.ts';

/** One end of DMI: what its callers ask of it, by method. A KedgeError is told to the caller. */
export interface ServedService {
  readonly service: DmiService;
  readonly methods: Readonly<Record<string, (request: never) => Promise<unknown>>>;
}

/** Largest message of a caller. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** gRPC for connections that somebody else accepts. */
export class GrpcServer {
  readonly #server: Server;
  readonly #injector;

  /** `nameOf`: gRPC's status for an error, undefined for a fault of our own. */
  constructor({ service, methods }: ServedService, nameOf: (error: unknown) => StatusName | undefined, log: Logger) {
    this.#server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
    const handlers = Object.entries(methods).map(([method, serve]) => [method, answering(serve, nameOf, log)] as const);
    this.#server.addService(loadDmi()[service].service, Object.fromEntries(handlers));
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  serve(socket: Socket): void {
    this.#injector.injectConnection(socket);
  }

  /** Ends all calls and connections. */
  close(): void {
    this.#injector.destroy();
    this.#server.forceShutdown();
  }
}

function answering(
  serve: (request: never) => Promise<unknown>,
  nameOf: (error: unknown) => StatusName | undefined,
  log: Logger,
): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    serve(call.request as never).then(
      (response) => callback(null, response ?? {}),
      (error: unknown) => {
        const name = nameOf(error);
        if (name === undefined) log.error({ err: error }, 'a call over DMI failed');
        callback({ code: status[name ?? 'INTERNAL'], details: messageOf(error) });
      },
    );
  };
}
