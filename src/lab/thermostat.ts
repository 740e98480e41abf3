import type { Clock } from '../kernel/clock.ts';
import { systemClock } from '../kernel/clock.ts';
import { isRecord } from '../protocol/message.ts';
import { deviceTopic } from '../protocol/topics.ts';
import type { DeviceId, DeviceSuffix } from '../protocol/topics.ts';
import { MqttClient } from '../mqtt/client.ts';

export interface ThermostatOptions {
  /** `mqtt://host:port` of the edge. */
  readonly url: string;
  readonly device: DeviceId;
  /** The twin that it reports and obeys. Default: `temperature`. */
  readonly property?: string;
  /** Degrees at the start. Default: 18. */
  readonly initial?: number;
  /** Largest step in degrees. Default: 1. */
  readonly step?: number;
  /** Milliseconds between steps. Default: 500. */
  readonly periodMs?: number;
  readonly clock?: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

/**
 * A simulated thermostat: an ordinary MQTT program that uses KubeEdge's documented topics and nothing else. It asks for its twin, moves
 * its temperature toward the desired one in small steps, and reports each with QoS 1.
 */
export class Thermostat {
  readonly #options: Required<ThermostatOptions>;
  #client: MqttClient | undefined;
  #cancel: (() => void) | undefined;
  #known = false;
  #type = 'float';
  #target: number | undefined;
  #temperature: number;
  #reported: string | undefined;
  #reporting = false;

  constructor(options: ThermostatOptions) {
    this.#options = { property: 'temperature', initial: 18, step: 1, periodMs: 500, clock: systemClock, random: Math.random, ...options };
    this.#temperature = this.#options.initial;
  }

  /** Connects and begins. @throws KedgeError UNREACHABLE, TIMEOUT */
  async start(): Promise<void> {
    const client = await MqttClient.connect(this.#options.url);
    this.#client = client;
    client.onMessage(({ topic, payload }) => {
      this.#heard(topic, payload);
    });
    // What was desired meanwhile was not heard.
    client.onReconnect(() => void this.#ask());
    await client.subscribe([this.#topic('twin/update/delta'), this.#topic('twin/get/result')]);
    await this.#ask();
    this.#cancel = this.#options.clock.every(this.#options.periodMs, () => {
      this.#tick();
    });
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#client?.end(true);
  }

  /** Degrees now. */
  get temperature(): number {
    return this.#temperature;
  }

  /** The desired temperature; undefined if none is. */
  get target(): number | undefined {
    return this.#target;
  }

  #tick(): void {
    if (!this.#known) {
      void this.#ask();
      return;
    }
    this.#move();
    void this.#report();
  }

  #move(): void {
    if (this.#target === undefined) return;
    const { step, random } = this.#options;
    const distance = this.#target - this.#temperature;
    const stride = step * (0.5 + random() / 2);
    this.#temperature = Math.abs(distance) <= stride ? this.#target : this.#temperature + Math.sign(distance) * stride;
  }

  /** Only the newest temperature matters, so nothing is reported while a report is on its way. */
  async #report(): Promise<void> {
    const value = this.#type === 'int' ? String(Math.round(this.#temperature)) : String(Math.round(this.#temperature * 10) / 10);
    if (this.#reporting || value === this.#reported) return;
    this.#reporting = true;
    const twin = { [this.#options.property]: { actual: { value }, metadata: { type: this.#type } } };
    if (await this.#publish('twin/update', { event_id: '', timestamp: this.#options.clock.now(), twin })) this.#reported = value;
    this.#reporting = false;
  }

  async #ask(): Promise<void> {
    await this.#publish('twin/get', { event_id: '', timestamp: this.#options.clock.now() });
  }

  /** False when the connection ended first; the next step tries again. */
  async #publish(suffix: DeviceSuffix, payload: object): Promise<boolean> {
    try {
      await this.#client?.publish(this.#topic(suffix), JSON.stringify(payload));
      return true;
    } catch {
      return false;
    }
  }

  /** `twin/get/result` without a twin says that the device is not known yet. */
  #heard(topic: string, payload: Buffer): void {
    const message = parseObject(payload);
    if (!isRecord(message['twin'])) return;
    this.#known ||= topic === this.#topic('twin/get/result');
    const twin = message['twin'][this.#options.property];
    if (!isRecord(twin)) return;
    if (isRecord(twin['metadata']) && typeof twin['metadata']['type'] === 'string') this.#type = twin['metadata']['type'];
    const expected = isRecord(twin['expected']) ? Number(twin['expected']['value']) : Number.NaN;
    this.#target = Number.isFinite(expected) ? expected : undefined;
  }

  #topic(suffix: DeviceSuffix): string {
    return deviceTopic(this.#options.device, suffix);
  }
}

function parseObject(payload: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
