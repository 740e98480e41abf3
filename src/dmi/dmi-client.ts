import { KedgeError } from '../kernel/errors.ts';
import type { DmiService } from './definition.ts';
import type { GrpcChannel } from './grpc-channel.ts';

/** Whom a client calls. */
export interface DmiPeer {
  readonly path: string;
  readonly service: DmiService;
  /** What messages call it. */
  readonly name: string;
}

/** Calls one end of DMI on its socket. Opens nothing, and loads no gRPC, until the first call; after a failure the next call connects anew. */
export class DmiClient<Calls> {
  readonly #peer: DmiPeer;
  #channel: Promise<GrpcChannel> | undefined;

  constructor(peer: DmiPeer) {
    this.#peer = peer;
  }

  /**
   * Resolves with the answer.
   * @throws KedgeError UNREACHABLE when nobody answers there in 10 s, INVALID_INPUT with the peer's reason when it refuses
   */
  async call<M extends keyof Calls & string>(method: M, request: Calls[M]): Promise<unknown> {
    const { name, path } = this.#peer;
    this.#channel ??= open(this.#peer);
    const outcome = await (await this.#channel).call(method, request);
    if ('answer' in outcome) return outcome.answer;
    if ('refusal' in outcome)
      throw new KedgeError('INVALID_INPUT', `the ${name} refused ${method}: ${outcome.refusal.details}`, { cause: outcome.refusal });
    this.close();
    throw new KedgeError('UNREACHABLE', `the ${name} at ${path} does not answer: ${outcome.away.details}`, { cause: outcome.away });
  }

  /** Resolves as soon as the connection is not, or no more, one that calls can use. */
  async lost(): Promise<void> {
    await (await this.#channel)?.lost();
  }

  close(): void {
    void this.#channel?.then((channel) => channel.close());
    this.#channel = undefined;
  }
}

/** The file is loaded, not the library: of a library in CommonJS, a bundle hands out no names to `import()`. */
async function open({ path, service }: DmiPeer): Promise<GrpcChannel> {
  const { GrpcChannel } = await import('./grpc-channel.ts');
  return new GrpcChannel(path, service);
}
