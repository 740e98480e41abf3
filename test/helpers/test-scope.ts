import { silentLogger } from '../../src/kernel/log.ts';
import type { Logger } from '../../src/kernel/log.ts';
import type { Scope } from '../../src/kernel/module.ts';

export interface TestScope extends Scope {
  /** Aborts the signal and runs the releases, last first. */
  end(): Promise<void>;
}

/** A scope that the test ends. */
export function testScope(log: Logger = silentLogger): TestScope {
  const stop = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  return {
    signal: stop.signal,
    log,
    defer: (release) => void releases.push(release),
    end: async () => {
      stop.abort(new Error('the test has ended'));
      for (const release of releases.reverse()) await release();
    },
  };
}
