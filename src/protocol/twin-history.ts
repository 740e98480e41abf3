/** Who set a value: an application over MQTT, a mapper over DMI, or the cloud. */
export type TwinValueSource = 'mqtt' | 'mapper' | 'cloud';

/** One value that a twin had: a line of `GET /devices/:namespace/:name/history` of the edge. */
export interface TwinHistoryEntry {
  readonly property: string;
  readonly side: 'desired' | 'reported';
  /** When it was set at the edge, RFC 3339. */
  readonly time: string;
  /** Absent: from then on there was none. */
  readonly value?: string;
  readonly source: TwinValueSource;
}

/** How much is kept of the values that twins had. */
export interface TwinHistoryLimits {
  /** Values of each side of a twin, the newest; 0: none. */
  readonly perTwin: number;
  /** Of all twins together: the values, their times and what else goes with them. */
  readonly maxBytes: number;
}
