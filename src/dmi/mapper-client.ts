import type { Client, ServiceError } from '@grpc/grpc-js';
import { KedgeError } from '../kernel/errors.ts';
import type { MapperCalls } from '../protocol/dmi.ts';

/** As KubeEdge waits for a mapper. */
const DEADLINE_MS = 10_000;

type Unary = (request: unknown, options: { deadline: number }, callback: (error: ServiceError | null) => void) => void;

/** Calls a mapper on its socket. Opens nothing until the first call; after a failure the next call connects anew. */
export class MapperClient {
  readonly #path: string;
  #client: Promise<Client> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Resolves when the mapper has answered.
   * @throws KedgeError UNREACHABLE when nobody answers there in 10 s, INVALID_INPUT with the mapper's reason when it refuses
   */
  async call<M extends keyof MapperCalls>(method: M, request: MapperCalls[M]): Promise<void> {
    this.#client ??= connect(this.#path);
    const client = await this.#client;
    const error = await new Promise<ServiceError | null>((resolve) => {
      const call = (client as unknown as Record<M, Unary>)[method].bind(client);
      call(request, { deadline: Date.now() + DEADLINE_MS }, resolve);
    });
    if (error === null) return;
    const { status } = await import('@grpc/grpc-js');
    const isAway = error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED || error.code === status.CANCELLED;
    if (!isAway) throw new KedgeError('INVALID_INPUT', `the mapper refused ${method}: ${error.details}`, { cause: error });
    this.close();
    throw new KedgeError('UNREACHABLE', `the mapper at ${this.#path} does not answer: ${error.details}`, { cause: error });
  }

  close(): void {
    void this.#client?.then((client) => client.close());
    this.#client = undefined;
  }
}

async function connect(path: string): Promise<Client> {
  const [{ credentials }, { loadDmi }] = await Promise.all([import('@grpc/grpc-js'), import('./definition.ts')]);
  const options = { 'grpc.enable_http_proxy': 0, 'grpc.max_reconnect_backoff_ms': 1_000 };
  return new (loadDmi().DeviceMapper)(`unix:${path}`, credentials.createInsecure(), options);
}
