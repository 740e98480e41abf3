/** How to slow the sender down. */
export interface Flow {
  pause(): void;
  resume(): void;
}

const HIGH_MESSAGES = 100;
const HIGH_BYTES = 4 * 1024 * 1024;

/** Handles texts one after the other in the order of arrival. When it is full it stops the sender: nothing is dropped. */
export class Inbox {
  readonly #handle: (text: string) => Promise<void>;
  readonly #queue: string[] = [];
  #flow: Flow | undefined;
  #bytes = 0;
  #paused = false;
  #busy = false;

  /** `handle` never rejects. */
  constructor(handle: (text: string) => Promise<void>) {
    this.#handle = handle;
  }

  /** The sender of the texts to come, paused so far. What an earlier one sent is still handled: it may be all that is left of it. */
  attach(flow: Flow): void {
    this.#flow = flow;
    this.#paused = true;
    this.#regulate();
  }

  add(text: string): void {
    this.#queue.push(text);
    this.#bytes += text.length;
    this.#regulate();
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let text = this.#queue.shift(); text !== undefined; text = this.#queue.shift()) {
      await this.#handle(text);
      this.#bytes -= text.length;
      this.#regulate();
    }
    this.#busy = false;
  }

  #regulate(): void {
    const { length } = this.#queue;
    const full = length >= HIGH_MESSAGES || (length > 0 && this.#bytes >= HIGH_BYTES);
    const calm = length <= HIGH_MESSAGES / 2 && this.#bytes <= HIGH_BYTES / 2;
    if (!this.#paused && full) {
      this.#paused = true;
      this.#flow?.pause();
    } else if (this.#paused && calm) {
      this.#paused = false;
      this.#flow?.resume();
    }
  }
}
