import { connectivityState, credentials, status } from '@grpc/grpc-js';
import type { Client, ServiceError } from '@grpc/grpc-js';
import { loadDmi } from './definition.ts';
import type { DmiService } from './definition.ts';

/** As KubeEdge waits for a mapper. */
const DEADLINE_MS = 10_000;
/** Largest answer: all devices of a mapper. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const AWAY: readonly number[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED];

type Done = (error: ServiceError | null, answer: unknown) => void;
type Unary = (request: unknown, options: { deadline: number }, done: Done) => void;

/** How a call ended. */
export type Outcome = { readonly answer: unknown } | { readonly refusal: ServiceError } | { readonly away: ServiceError };

/** A connection to one end of DMI. gRPC is loaded with this file: import it when it is needed. */
export class GrpcChannel {
  readonly #client: Client;

  constructor(path: string, service: DmiService) {
    const options = {
      'grpc.enable_http_proxy': 0,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    };
    this.#client = new (loadDmi()[service])(`unix:${path}`, credentials.createInsecure(), options);
  }

  call(method: string, request: unknown): Promise<Outcome> {
    return new Promise((resolve) => {
      const call = (this.#client as unknown as Record<string, Unary>)[method];
      call?.call(this.#client, request, { deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
        if (error === null) resolve({ answer });
        else resolve(AWAY.includes(error.code) ? { away: error } : { refusal: error });
      });
    });
  }

  /** Resolves as soon as the connection is not, or no more, one that calls can use. */
  async lost(): Promise<void> {
    const channel = this.#client.getChannel();
    if (channel.getConnectivityState(false) !== connectivityState.READY) return;
    await new Promise<void>((resolve) => channel.watchConnectivityState(connectivityState.READY, Infinity, () => resolve()));
  }

  close(): void {
    this.#client.close();
  }
}
