import { age } from './age.ts';
import { numberIn, sparkline } from './plot.ts';
import { table, visible } from './table.ts';

/** Of a twin, what is shown. */
export interface ShownTwin {
  readonly property: string;
  readonly desired?: string;
  readonly reported?: string;
  /** When the report was made, RFC 3339. */
  readonly updated?: string;
}

/** How many values a trend shows. */
const TREND = 30;

/** The twins of one device as a picture: what is desired and reported, how numbers went while somebody looked on, and how old the last report is. */
export class TwinPanel {
  #state: string | undefined;
  #twins: readonly ShownTwin[] = [];
  readonly #trends = new Map<string, { last: string; values: number[] }>();

  /** What is the case now; a report of the same value at another time is a point of the trend as well. */
  take(twins: readonly ShownTwin[], state: string | undefined): void {
    [this.#twins, this.#state] = [twins, state];
    for (const { property, reported, updated = '' } of twins) {
      const value = numberIn(reported);
      const last = `${updated} ${reported ?? ''}`;
      const trend = this.#trends.get(property);
      if (value === undefined || trend?.last === last) continue;
      this.#trends.set(property, { last, values: [...(trend?.values ?? []), value].slice(-TREND) });
    }
  }

  /** `now`: milliseconds since the epoch. */
  text(now = Date.now()): string {
    const head = this.#state === undefined ? '' : `state ${visible(this.#state)}\n`;
    return `${head}${table(this.#twins, [
      { title: 'PROPERTY', value: ({ property }) => property },
      { title: 'DESIRED', value: ({ desired }) => desired },
      { title: 'REPORTED', value: ({ reported }) => reported },
      { title: 'AGE', value: ({ updated }) => age(updated, now) },
      { title: 'TREND', value: ({ property }) => sparkline(this.#trends.get(property)?.values ?? [], TREND) || '-' },
    ])}`;
  }
}
