/** How to slow the sender down. */
export interface Flow {
  pause(): void;
  resume(): void;
}

const HIGH_MESSAGES = 100;
const HIGH_BYTES = 4 * 1024 * 1024;
/** Texts that are handled at the same time: as many as may share a sync of the disk. */
const AT_ONCE = 64;

/**
 * Handles texts in the order of arrival, each as soon as the one before has come as far as to wait for the disk, so that they share its
 * syncs. When it is full it stops the sender: nothing is dropped.
 */
export class Inbox {
  readonly #handle: (text: string) => Promise<void>;
  readonly #queue: string[] = [];
  #handled = 0;
  #wake: () => void = () => undefined;
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
      void this.#begin(text);
      this.#regulate();
      await promisesSettled();
      if (this.#handled >= AT_ONCE) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#busy = false;
  }

  async #begin(text: string): Promise<void> {
    this.#handled += 1;
    await this.#handle(text);
    this.#handled -= 1;
    this.#bytes -= text.length;
    this.#regulate();
    this.#wake();
  }

  #regulate(): void {
    const { length } = this.#queue;
    const full = length >= HIGH_MESSAGES || (length + this.#handled > 0 && this.#bytes >= HIGH_BYTES);
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

/** Whatever does not wait for the disk, a timer or a peer has run by then: from a promise, Node.js turns to process.nextTick when no other is left. */
async function promisesSettled(): Promise<void> {
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
