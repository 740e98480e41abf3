import type { Device } from '../../../protocol/devices.ts';

export type WatchDevice = (onChange: (device: Device | undefined) => void, signal: AbortSignal) => void;

/**
 * The device now and after every change, until it is gone or the signal aborts. A reader that is slower than the changes gets
 * the newest state and misses those between.
 */
export async function* deviceStates(read: () => Device | undefined, watch: WatchDevice, signal: AbortSignal): AsyncGenerator<Device> {
  const ended = new AbortController();
  let changed = true;
  let wake: () => void = () => undefined;
  const note = (): void => {
    changed = true;
    wake();
  };
  signal.addEventListener('abort', note, { once: true });
  watch(note, AbortSignal.any([signal, ended.signal]));
  try {
    while (!signal.aborted) {
      if (changed) {
        changed = false;
        const device = read();
        if (device === undefined) return;
        yield device;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    ended.abort();
    signal.removeEventListener('abort', note);
  }
}
