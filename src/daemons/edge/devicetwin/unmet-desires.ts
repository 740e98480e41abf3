import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { matchesFilter } from '../../../protocol/topic-filter.ts';
import { deviceTopic, parseDeviceId } from '../../../protocol/topics.ts';
import type { Dialect } from '../../../protocol/topics.ts';
import type { TwinDelta } from '../../../protocol/twin.ts';
import type { DeviceStore } from './device-store.ts';
import { Outcome } from './outcome.ts';
import type { Publication, ToldDelta } from './outcome.ts';
import { Repeats } from './repeats.ts';
import { twinDelta } from './twin-messages.ts';

export interface UnmetDesiresDeps {
  readonly store: DeviceStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** At QoS 0: a session that is away already keeps the first one, which went at QoS 1, and must not fill up with repetitions. */
  readonly publish: (publication: Publication) => void;
  /** Has the mappers of a device told again what is desired of it. */
  readonly remind: (deviceId: string, delta: TwinDelta) => void;
  readonly random?: () => number;
}

/** The delta of a device: a second after it was told, and in the end once a minute. */
const DELTA_PACE = { initialMs: 1_000, maxMs: 60_000 };
/** A mapper of KubeEdge's framework closes and opens the device at each UpdateDevice, so it is told again with patience. */
const MAPPER_PACE = { initialMs: 30_000, maxMs: 600_000 };

/** The parts of a delta that stay as they are while it is repeated, and the dialect in which it was asked for. */
interface Told extends Pick<TwinDelta, 'event_id' | 'timestamp'> {
  readonly dialect: Dialect | undefined;
}

/**
 * What is desired of devices and not yet reported by them: told again over MQTT and DMI until the device reports it, or something else is
 * desired. A repeated delta is the same message, for it has the same event_id and timestamp; it is made from what is stored, so that what
 * was replaced is never repeated.
 */
export class UnmetDesires {
  readonly #deps: UnmetDesiresDeps;
  readonly #told = new Map<string, Told>();
  readonly #deltas: Repeats;
  readonly #mappers: Repeats;

  constructor(deps: UnmetDesiresDeps) {
    this.#deps = deps;
    const { clock, random = Math.random } = deps;
    this.#deltas = new Repeats({ ...DELTA_PACE, clock, random }, (id) => this.#guarded(id, () => this.#publish(id)));
    this.#mappers = new Repeats({ ...MAPPER_PACE, clock, random }, (id) => this.#guarded(id, () => this.#remind(id)));
  }

  /** Takes up what the last process left. */
  start(): void {
    const { store, clock } = this.#deps;
    for (const { id } of store.devices.list())
      this.told(id, { delta: twinDelta(store.twins.list(id), { now: clock.now() }), dialect: undefined });
  }

  stop(): void {
    this.#deltas.stop();
    this.#mappers.stop();
  }

  /** A device's twins have changed, and its delta, if it has one, was published. */
  told(id: string, { delta, dialect }: ToldDelta): void {
    const what = delta === undefined ? undefined : JSON.stringify(delta.delta);
    if (delta === undefined) this.#told.delete(id);
    else this.#told.set(id, { event_id: delta.event_id, timestamp: delta.timestamp, dialect: dialect ?? this.#told.get(id)?.dialect });
    this.#deltas.set(id, what);
    this.#mappers.set(id, what);
  }

  forget(id: string): void {
    this.told(id, { delta: undefined, dialect: undefined });
  }

  /** The device has come online. */
  came(id: string): void {
    this.#deltas.hurry(id);
  }

  /** Somebody has subscribed these filters at the embedded broker. */
  subscribed(filters: readonly string[]): void {
    for (const id of this.#deltas.keys()) {
      const topics = topicsOf(id);
      if (filters.some((filter) => topics.some((topic) => matchesFilter(filter, topic)))) this.#deltas.hurry(id);
    }
  }

  #publish(id: string): void {
    const { store, publish } = this.#deps;
    const delta = this.#current(id);
    if (delta === undefined) return;
    const outcome = new Outcome((device) => store.devices.get(device)?.cloudId);
    outcome.publishTo(id, 'twin/update/delta', delta);
    const isPlainToo = outcome.publications.length > 1;
    if (this.#told.get(id)?.dialect === 'plain' && !isPlainToo) outcome.publishTo(id, 'twin/update/delta', delta, 'plain');
    for (const publication of outcome.publications) publish(publication);
  }

  #remind(id: string): void {
    const delta = this.#current(id);
    if (delta !== undefined) this.#deps.remind(id, delta);
  }

  /** As it was told, if what is stored still says so. */
  #current(id: string): TwinDelta | undefined {
    const { store, clock } = this.#deps;
    const { event_id: eventId, timestamp } = this.#told.get(id) ?? { event_id: randomUUID(), timestamp: clock.now() };
    const delta = twinDelta(store.twins.list(id), { now: timestamp, eventId });
    if (delta === undefined) this.forget(id);
    return delta;
  }

  /** A disk that cannot be read must not end the timer's process; the next turn tries again. */
  #guarded(device: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.log.error({ err: error, device }, 'what is desired of a device could not be told again');
    }
  }
}

function topicsOf(id: string): string[] {
  const device = parseDeviceId(id);
  if (device === undefined) return [];
  return (['namespaced', 'plain'] as const).map((dialect) => deviceTopic(device, 'twin/update/delta', dialect));
}
