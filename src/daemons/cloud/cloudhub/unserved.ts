import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { Tally } from '../../../kernel/tally.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Destination } from './dispatch.ts';

/** What is said of messages that nobody here takes; KubeEdge's clouds do not answer them either. */
const REASONS: Partial<Record<Destination, string>> = {
  csi: 'no volume driver waits for this answer',
  router: 'no rule takes this message',
  taskmanager: 'no task of this name is under way',
  nobody: 'this is the name of a part of the cloud, or no name',
};

/** Tells of messages of an edge that nobody takes: the first of a kind at once, then at most one line a minute with their number. */
export class Unserved {
  readonly #tally: Tally<Destination>;
  readonly #log: Logger;

  constructor(clock: Clock, log: Logger) {
    this.#tally = new Tally(clock);
    this.#log = log;
  }

  note(destination: Destination, { route }: Message): void {
    const others = this.#tally.count(destination);
    if (others === undefined) return;
    const { source, group, operation, resource } = route;
    const reason = REASONS[destination] ?? 'nobody takes it';
    this.#log.warn({ source, group, operation, resource, reason, ...(others > 0 && { others }) }, 'a message of the edge was dropped');
  }
}
