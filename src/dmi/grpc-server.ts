import type { Socket } from 'node:net';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { messageOf } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type {
  MapperRegisterRequest,
  MapperRegisterResponse,
  ReportDeviceStatesRequest,
  ReportDeviceStatusRequest,
} from '../protocol/dmi.ts';
import { loadDmi } from './definition.ts';
import type { StatusName } from './status-code.ts';

/** What mappers ask of the edge. A KedgeError is told to the mapper. */
export interface DeviceManager {
  readonly mapperRegister: (request: MapperRegisterRequest) => Promise<MapperRegisterResponse>;
  readonly reportDeviceStatus: (request: ReportDeviceStatusRequest) => Promise<void>;
  readonly reportDeviceStates: (request: ReportDeviceStatesRequest) => Promise<void>;
}

/** Largest message of a mapper. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** gRPC for connections that somebody else accepts. */
export class GrpcServer {
  readonly #server: Server;
  readonly #injector;

  /** `nameOf`: gRPC's status for an error, undefined for a fault of our own. */
  constructor(manager: DeviceManager, nameOf: (error: unknown) => StatusName | undefined, log: Logger) {
    const unary = <Request, Response>(serve: (request: Request) => Promise<Response>) => answering(serve, nameOf, log);
    this.#server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
    this.#server.addService(loadDmi().deviceManager, {
      MapperRegister: unary(manager.mapperRegister),
      ReportDeviceStatus: unary(manager.reportDeviceStatus),
      ReportDeviceStates: unary(manager.reportDeviceStates),
    } satisfies UntypedServiceImplementation);
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

function answering<Request, Response>(
  serve: (request: Request) => Promise<Response>,
  nameOf: (error: unknown) => StatusName | undefined,
  log: Logger,
): handleUnaryCall<Request, unknown> {
  return (call, callback) => {
    serve(call.request).then(
      (response) => callback(null, response ?? {}),
      (error: unknown) => {
        const name = nameOf(error);
        if (name === undefined) log.error({ err: error }, 'a call of a mapper failed');
        callback({ code: status[name ?? 'INTERNAL'], details: messageOf(error) });
      },
    );
  };
}
