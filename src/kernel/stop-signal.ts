import { constants } from 'node:os';

/**
 * Aborts on the first of these signals, with 128 and its number as the reason unless `reason` says otherwise. A second one, be it the same
 * or not, ends the process at once with 128 and its number; process 1 of a container would not end by itself.
 */
export function stopSignal(names: readonly NodeJS.Signals[], reason = (status: number): number => status): AbortSignal {
  const controller = new AbortController();
  for (const name of names) {
    const status = 128 + constants.signals[name];
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(status);
      controller.abort(reason(status));
    });
  }
  return controller.signal;
}
