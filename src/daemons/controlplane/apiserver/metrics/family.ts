/** One line of Prometheus' text format. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the family's name: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly metricName?: string;
}

/** All series of one metric, as they are now. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

export type Labels = Readonly<Record<string, string>>;
