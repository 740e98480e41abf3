import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Destination } from './dispatch.ts';

/** What is said of messages that nobody here takes; KubeEdge's clouds do not answer them either. */
const REASONS: Partial<Record<Destination, string>> = {
  csi: 'no volume driver waits for this answer',
  router: 'no rule takes this message',
  taskmanager: 'no task of this name is under way',
  nobody: 'this is the name of a part of the cloud, or no name',
};
const QUIET_MS = 60_000;

interface Tally {
  readonly since: number;
  /** Not told yet. */
  count: number;
}

/** Tells of messages of an edge that nobody takes: the first of a kind at once, then at most one line a minute with their number. */
export class Unserved {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tallies = new Map<Destination, Tally>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  note(destination: Destination, { route }: Message): void {
    const now = this.#clock.elapsed();
    const tally = this.#tallies.get(destination);
    const others = tally?.count ?? 0;
    if (tally !== undefined && now - tally.since < QUIET_MS) {
      tally.count += 1;
      return;
    }
    this.#tallies.set(destination, { since: now, count: 0 });
    const { source, group, operation, resource } = route;
    const reason = REASONS[destination] ?? 'nobody takes it';
    this.#log.warn({ source, group, operation, resource, reason, ...(others > 0 && { others }) }, 'a message of the edge was dropped');
  }
}
