import { silentLogger } from '../../src/kernel/log.ts';
import type { Logger } from '../../src/kernel/log.ts';
import type { Scope } from '../../src/kernel/module.ts';

/** A scope for modules under test; `close` aborts it and runs the releases in reverse. */
export function testScope(log: Logger = silentLogger): Scope & { close: () => Promise<void> } {
  const controller = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  return {
    signal: controller.signal,
    log,
    defer: (release) => {
      releases.push(release);
    },
    close: async () => {
      controller.abort();
      for (const release of releases.splice(0).reverse()) await release();
    },
  };
}
