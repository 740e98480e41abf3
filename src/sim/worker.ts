import { systemClock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { Fleet } from './fleet.ts';
import type { FleetOptions } from './fleet.ts';
import type { TrafficCount } from './traffic.ts';

/** From the parent: the first message is what to be, a later `stop` ends it. */
export type ToWorker = { readonly start: FleetOptions } | 'stop';
/** To the parent. */
export type FromWorker = { readonly count: TrafficCount } | { readonly failed: string };

const COUNT_MS = 250;

// A process of `kedge sim`: many edges, until its parent says stop, or is gone.
let fleet: Fleet | undefined;

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function count(): void {
  if (fleet !== undefined) tell({ count: fleet.count() });
}

async function stop(): Promise<void> {
  await fleet?.stop();
  count();
  process.exit(0);
}

process.on('message', (message: ToWorker) => {
  if (message === 'stop') {
    void stop();
    return;
  }
  fleet = new Fleet(message.start, systemClock);
  setInterval(count, COUNT_MS);
  fleet.start().catch((error: unknown) => {
    tell({ failed: messageOf(error) });
  });
});
process.on('disconnect', () => process.exit(0));
// A Ctrl-C in the terminal reaches the whole group; the parent decides.
process.on('SIGINT', () => undefined);
