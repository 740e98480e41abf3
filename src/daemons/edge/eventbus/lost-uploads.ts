import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { Tally } from '../../../kernel/tally.ts';

const REASONS = {
  away: 'the cloud is away',
  busy: 'the cloud takes no more at the moment',
  malformed: 'its topic is longer than a resource may be',
} as const;

export type LossReason = keyof typeof REASONS;

/** Uploads that did not go up. KubeEdge drops them, too; here they are counted, and told: the first at once, then one line a minute at most. */
export class LostUploads {
  readonly #tally: Tally<LossReason>;
  readonly #log: () => Logger | undefined;
  #total = 0;

  constructor(clock: Clock, log: () => Logger | undefined) {
    this.#tally = new Tally(clock);
    this.#log = log;
  }

  /** Since the start. */
  get total(): number {
    return this.#total;
  }

  note(why: LossReason, { topic, count = 1 }: { topic?: string; count?: number }): void {
    this.#total += count;
    const others = this.#tally.count(why, count);
    if (others === undefined) return;
    const fields = { ...(topic !== undefined && { topic: topic.slice(0, 512) }), reason: REASONS[why], dropped: count + others };
    this.#log()?.warn(fields, 'uploads were dropped');
  }
}
