import type { Credentials } from '../../../src/kube/credentials.ts';
import { send, type RawAnswer } from '../control-plane.ts';

/** Asks the API once. Rejects when the connection breaks, and nobody knows then what was done. */
export type Ask = (method: string, path: string, body?: unknown, type?: string) => Promise<RawAnswer>;

/** Somebody who writes, one request after the other, and knows what was answered 2xx. */
export interface StormWriter {
  /** Asks for the next thing; a step that was rejected is tried again or taken as perhaps done. */
  step(): Promise<void>;
  /**
   * Throws when what is there contradicts itself or, with `answered`, what was answered. Nothing is written meanwhile.
   */
  check(answered: boolean): Promise<void>;
}

export function asker(credentials: Credentials): Ask {
  return (method, path, body, type = 'application/json') => send(credentials, method, path, { body, headers: { 'content-type': type } });
}

/** Asks for what must be answered with one of these codes. */
export async function expectCode(asking: Promise<RawAnswer>, codes: readonly number[]): Promise<RawAnswer> {
  const answer = await asking;
  if (!codes.includes(answer.code)) throw new WrongAnswer(`${answer.code}: ${answer.text.slice(0, 500)}`);
  return answer;
}

/** The API answered, and not as it may. */
class WrongAnswer extends Error {}

/** Writers at work, who can be made to rest. */
export class Storm {
  readonly writers: readonly StormWriter[];
  #running: Promise<unknown> = Promise.resolve();
  #stop = new AbortController();
  #wrong: unknown;

  constructor(writers: readonly StormWriter[]) {
    this.writers = writers;
  }

  begin(): void {
    const stop = new AbortController();
    this.#stop = stop;
    this.#running = Promise.all(this.writers.map((writer) => this.#write(writer, stop.signal)));
  }

  /** Resolves when nobody writes. @throws what the API has answered wrongly */
  async rest(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    if (this.#wrong !== undefined) throw this.#wrong as Error;
  }

  async check(answered = true): Promise<void> {
    for (const writer of this.writers) await writer.check(answered);
  }

  async #write(writer: StormWriter, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await writer.step();
      } catch (error) {
        if (error instanceof WrongAnswer) {
          this.#wrong ??= error;
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
