import type { Scope } from './module.ts';

/** A part of a scope that can end before the whole. */
export interface SubScope extends Scope {
  /** Aborts the signal and runs the releases, last first. The end of the outer scope does not do it. */
  end(): Promise<void>;
}

/** Opens a part of `outer`. Its releases are each guarded; a failure is logged. */
export function subScope({ log, signal }: Scope): SubScope {
  const ended = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  return {
    log,
    signal: AbortSignal.any([signal, ended.signal]),
    defer: (release) => void releases.push(release),
    end: async () => {
      ended.abort();
      for (const release of releases.splice(0).reverse()) {
        await Promise.resolve()
          .then(release)
          .catch((error: unknown) => log.error({ err: error }, 'release failed'));
      }
    },
  };
}
