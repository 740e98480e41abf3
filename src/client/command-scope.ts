import { silentLogger } from '../kernel/log.ts';
import type { Logger } from '../kernel/log.ts';
import type { Scope } from '../kernel/module.ts';

/** A scope for as long as a command follows something; its owner ends it. */
export class CommandScope implements Scope {
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly #releases: (() => void | Promise<void>)[] = [];

  constructor(signal: AbortSignal, log: Logger = silentLogger) {
    this.signal = signal;
    this.log = log;
  }

  defer(release: () => void | Promise<void>): void {
    this.#releases.push(release);
  }

  async end(): Promise<void> {
    for (const release of this.#releases.splice(0).reverse()) await release();
  }
}
