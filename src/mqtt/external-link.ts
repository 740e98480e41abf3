import { Backoff } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import { sleep, systemClock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { Scope } from '../kernel/module.ts';
import { matchesFilter } from '../protocol/topic-filter.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';
import { Connection } from './connection.ts';
import { Echoes } from './echoes.ts';
import type { MqttMessage } from './message.ts';
import { Outbound } from './outbound.ts';

export interface LinkOptions {
  /** Read anew for each connection, so that a certificate or password that was replaced is taken. */
  readonly endpoint: () => Promise<BrokerEndpoint>;
  readonly clientId: string;
  readonly filters: readonly string[];
  readonly maxPacketBytes: number;
  /** Resolves once the message may be acknowledged. */
  readonly receive: (message: MqttMessage) => Promise<void>;
  /** Each time the subscriptions stand. */
  readonly onConnected?: () => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface LinkState {
  readonly connected: boolean;
  /** `5` or `3.1.1`, of the connection or the last attempt. */
  readonly protocol: '5' | '3.1.1';
  /** Messages that wait to be published or acknowledged. */
  readonly queued: number;
  /** Messages that were given up because the broker was away for too long. */
  readonly dropped: number;
  /** Why there is no connection, or what the broker refuses. */
  readonly problem?: string;
}

const OUTBOUND = { messages: 10_000, bytes: 32 * 1024 * 1024 };
const BACKOFF = { initialMs: 500, maxMs: 30_000 };
/** A connection that lived so long was a good one: the next attempt comes soon. */
const STABLE_MS = 10_000;
/** What a broker answers to a version that it does not know: MQTT 3.1.1 §3.2.2.3 and MQTT 5 §3.2.2.2. */
const UNACCEPTABLE_VERSION: ReadonlySet<unknown> = new Set([1, 0x84]);
/** A broker that is silent for so long has sent all that it had kept. */
const QUIET_MS = 1_000;
const DRAIN_MS = 15_000;

/**
 * The session of this edge at another broker: it lasts while connections come and go, and what the broker keeps for it meanwhile comes
 * with the next one. MQTT 5 where the broker can, or else 3.1.1. What this side publishes never comes back to it.
 */
export class ExternalLink {
  readonly #options: Required<LinkOptions>;
  #outbound = new Outbound(OUTBOUND);
  readonly #echoes: Echoes;
  readonly #stop = new AbortController();
  readonly #stopped = new Promise<Error>((resolve) => {
    this.#stop.signal.addEventListener('abort', () => resolve(new Error('the link is closed')), { once: true });
  });
  #running: Promise<void> = Promise.resolve();
  #connection: Connection | undefined;
  #version: 4 | 5 = 5;
  #problem: string | undefined = 'connecting';
  #lastReceived = 0;

  constructor(options: LinkOptions) {
    this.#options = { clock: systemClock, random: Math.random, onConnected: () => undefined, ...options };
    this.#echoes = new Echoes(this.#options.clock);
  }

  /** Begins to connect, and goes on until it is closed. A broker that is away is waited for. */
  start({ log }: Pick<Scope, 'log'>): void {
    this.#running = this.#run(log);
  }

  /** Takes over, before the start, what a closed link to the same broker has not got rid of. */
  inherit(before: ExternalLink): void {
    this.#outbound = before.#outbound;
  }

  get state(): LinkState {
    const { size: queued, dropped } = this.#outbound;
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    return { connected: this.#connection !== undefined, protocol: this.#version === 5 ? '5' : '3.1.1', queued, dropped, ...problem };
  }

  /** The broker never sends back what it got from here. Where it can not, messages that must not come twice are better not sent. */
  get hasNoLocal(): boolean {
    return this.#version === 5;
  }

  /** Publishes in order, once the broker is there; at QoS 0, if it is there. */
  publish(message: MqttMessage): void {
    if (message.qos === 0 && this.#connection === undefined) return;
    this.#outbound.add(message);
    this.#pump();
  }

  /** Ends the connection; the broker keeps the session. What waits to be published is given a moment if the broker is there. */
  async close(): Promise<void> {
    await this.#until(() => this.#outbound.size === 0 || this.#connection === undefined, QUIET_MS);
    this.#stop.abort();
    await this.#running;
  }

  /**
   * Leaves this broker for good: takes what it still keeps, and has it forget the session.
   * @returns false when the broker was away, so that it may still keep messages
   */
  async leave(): Promise<boolean> {
    const drained = await this.#drain();
    await this.close();
    return drained && this.#forget().catch(() => false);
  }

  /** True once the subscriptions stand; false if that took longer. */
  connected(withinMs: number): Promise<boolean> {
    return this.#until(() => this.#connection !== undefined, withinMs);
  }

  async #run(log: Logger): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = new Backoff({ ...BACKOFF, random });
    while (!this.#stop.signal.aborted) {
      const since = clock.elapsed();
      const reason = await this.#session(log).catch((error: unknown) => error);
      if (clock.elapsed() - since > STABLE_MS) backoff.reset();
      if (!this.#changeVersion(reason)) await this.#pause(log, messageOf(reason), backoff.next());
    }
  }

  async #pause(log: Logger, reason: string, retryInMs: number): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    this.#problem = reason;
    log.warn({ reason, retryInMs }, 'no connection to the external MQTT broker');
    await sleep(retryInMs, signal, this.#options.clock).catch(() => undefined);
  }

  /** One connection from its beginning to its end. @returns why it ended */
  async #session(log: Logger): Promise<Error> {
    const { endpoint, clientId, maxPacketBytes, filters, onConnected } = this.#options;
    const own = { clientId, maxPacketBytes, protocolVersion: this.#version, signal: this.#stop.signal };
    let isResumed = false;
    const receive = (message: MqttMessage): Promise<void> => this.#receive(message, isResumed);
    const connection = await Connection.open({ ...own, endpoint: await endpoint(), receive });
    isResumed = connection.sessionPresent;
    try {
      await connection.subscribe(filters);
      this.#connection = connection;
      this.#problem = undefined;
      log.info({ protocol: this.state.protocol, resumed: isResumed }, 'connected to the external MQTT broker');
      this.#pump();
      onConnected();
      return await Promise.race([connection.closed, this.#stopped]);
    } finally {
      this.#connection = undefined;
      this.#outbound.rewind();
      await connection.end();
    }
  }

  /** The broker knows 3.1.1 only. */
  #changeVersion(reason: unknown): boolean {
    const { cause } = reason as { cause?: { code?: unknown } };
    if (this.#version === 4 || !UNACCEPTABLE_VERSION.has(cause?.code)) return false;
    this.#version = 4;
    return true;
  }

  async #receive(message: MqttMessage, isResumed: boolean): Promise<void> {
    this.#lastReceived = this.#options.clock.elapsed();
    if (this.#version === 4) {
      // Sent for the repeated subscription, as old as it is: it was taken when it was new.
      if (message.retain && isResumed) return;
      if (this.#echoes.takes(message)) return;
    }
    await this.#options.receive(message);
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (let message = this.#outbound.next(); message !== undefined; message = this.#outbound.next()) void this.#send(connection, message);
  }

  async #send(connection: Connection, message: MqttMessage): Promise<void> {
    if (this.#version === 4 && this.#comesBack(message)) this.#echoes.expect(message);
    try {
      const refusal = await connection.publish(message);
      if (refusal !== undefined) this.#problem = `the broker refuses what is published to ${message.topic}: ${refusal}`;
    } catch {
      // Sent again at the next connection.
      return;
    }
    this.#outbound.settle(message);
    this.#pump();
  }

  #comesBack({ topic }: MqttMessage): boolean {
    return this.#options.filters.some((filter) => matchesFilter(filter, topic));
  }

  /** Subscriptions end first, so that nothing new is kept; then what was kept comes, until the broker is silent. */
  async #drain(): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined) return false;
    this.#lastReceived = this.#options.clock.elapsed();
    const ended = await connection.unsubscribe(this.#options.filters).then(
      () => true,
      () => false,
    );
    return ended && this.#until(() => this.#options.clock.elapsed() - this.#lastReceived > QUIET_MS, DRAIN_MS);
  }

  /** A session that was begun anew ends with its connection. */
  async #forget(): Promise<boolean> {
    const { clientId, maxPacketBytes, endpoint } = this.#options;
    const own = { clientId, maxPacketBytes, protocolVersion: this.#version, clean: true, receive: () => Promise.resolve() };
    const connection = await Connection.open({ ...own, endpoint: await endpoint(), signal: AbortSignal.timeout(DRAIN_MS) });
    await connection.end();
    return true;
  }

  async #until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadline = clock.elapsed() + withinMs;
    while (!isSo()) {
      if (clock.elapsed() > deadline) return false;
      await sleep(50, this.#stop.signal, clock).catch(() => undefined);
      if (this.#stop.signal.aborted) return isSo();
    }
    return true;
  }
}
