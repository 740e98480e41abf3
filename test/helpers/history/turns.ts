import { Dead } from './fence.ts';

type Immediate = { run: () => void };

/**
 * The event loop, as far as the modules use it: what they put off with setImmediate runs here, one after the other, so that a history that is
 * run again takes the same course. Promises are Node's own.
 */
export class Turns {
  readonly #real = globalThis.setImmediate;
  #queue: Immediate[] = [];
  #isActive = false;

  /** Takes setImmediate over until `release`. */
  take(): void {
    const put = (run: (...args: unknown[]) => void, ...args: unknown[]): Immediate => {
      const immediate = { run: () => run(...args) };
      this.#queue.push(immediate);
      return immediate;
    };
    globalThis.setImmediate = put as unknown as typeof setImmediate;
  }

  release(): void {
    globalThis.setImmediate = this.#real;
  }

  /** Something has happened that may lead to more. */
  mark(): void {
    this.#isActive = true;
  }

  /** Runs what a dead process may have part in. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Dead)) throw error;
    }
  }

  /** Promises settle, then one round of what was put off. */
  async once(): Promise<void> {
    await new Promise<void>((resolve) => this.#real(resolve));
    for (const { run } of this.#queue.splice(0)) this.guard(run);
  }

  get #goesOn(): boolean {
    return this.#isActive || this.#queue.length > 0;
  }

  async untilQuiet(): Promise<void> {
    do {
      this.#isActive = false;
      await this.once();
    } while (this.#goesOn);
  }
}
