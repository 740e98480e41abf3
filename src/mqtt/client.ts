import { Socket } from 'node:net';
import { connectAsync } from 'mqtt';
import type { MqttClient as Connection } from 'mqtt';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';
import { connectError, connectionOptions } from './endpoint.ts';
import type { MqttMessage } from './message.ts';

export interface MqttOptions extends Omit<BrokerEndpoint, 'url'> {
  readonly clientId?: string;
  /** False: the broker keeps the session of this `clientId` while it is away. Default: true. */
  readonly clean?: boolean;
  /** How long the first connection may take. */
  readonly timeoutMs?: number;
  /** Connect again, and subscribe again, after the connection is lost. Default: true. */
  readonly reconnect?: boolean;
}

/** An MQTT 3.1.1 client, as any application on the edge would use one. */
export class MqttClient {
  readonly #connection: Connection;
  readonly #url: string;

  /** Rejects the publications that wait for their acknowledgement. */
  readonly #waiting = new Set<(reason: Error) => void>();

  private constructor(url: string, connection: Connection, reconnect: boolean) {
    this.#url = url;
    this.#connection = connection;
    // Later losses are mended by reconnecting; without a listener they would end the process.
    connection.on('error', () => undefined);
    sendAtOnce(connection);
    connection.on('connect', () => sendAtOnce(connection));
    connection.on(reconnect ? 'end' : 'close', () => {
      for (const reject of this.#waiting) reject(new Error('the connection was closed'));
    });
  }

  /**
   * Connects to `mqtt://host:port` or `mqtts://host:port`.
   * @throws KedgeError UNREACHABLE, TIMEOUT, AUTH or CERTIFICATE
   */
  static async connect(url: string, options: MqttOptions = {}): Promise<MqttClient> {
    const { timeoutMs = 5_000, reconnect = true, clientId, clean = true, ...identity } = options;
    try {
      const session = { clean, ...(clientId !== undefined && { clientId }), protocolVersion: 4 as const };
      const times = { connectTimeout: timeoutMs, reconnectPeriod: reconnect ? 1_000 : 0 };
      const connection = await connectAsync(url, { ...connectionOptions({ url, ...identity }), ...session, ...times }, false);
      return new MqttClient(url, connection, reconnect);
    } catch (error) {
      throw connectError(url, error);
    }
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  /**
   * Publishes; with QoS 1, the default, resolves once the broker has acknowledged.
   * @throws KedgeError UNREACHABLE when the connection ends for good before
   */
  async publish(topic: string, payload: string | Buffer, options: { qos?: 0 | 1 | 2; retain?: boolean } = {}): Promise<void> {
    let waiting: ((reason: Error) => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiting = reject;
        this.#waiting.add(reject);
        this.#connection.publish(topic, payload, { qos: 1, ...options }, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    } catch (error) {
      throw new KedgeError('UNREACHABLE', `${this.#url} has not taken the message for ${topic}: ${messageOf(error)}`, { cause: error });
    } finally {
      if (waiting !== undefined) this.#waiting.delete(waiting);
    }
  }

  /**
   * Subscribes at QoS 1; every message of this client that matches goes to every listener.
   * @throws KedgeError PERMISSION when the broker refuses
   */
  async subscribe(filters: string | string[]): Promise<void> {
    try {
      await this.#connection.subscribeAsync(filters, { qos: 1 });
    } catch (error) {
      throw new KedgeError('PERMISSION', `${this.#url} refuses to subscribe ${String(filters)}: ${messageOf(error)}`, { cause: error });
    }
  }

  onMessage(listener: (message: MqttMessage) => void): void {
    this.#connection.on('message', (topic, payload, { qos, retain }) => {
      listener({ topic, payload, qos, retain });
    });
  }

  /** Tells of each connection after the first. Subscriptions are back by then or on their way. */
  onReconnect(listener: () => void): void {
    this.#connection.on('connect', listener);
  }

  /** Tells of each loss of the connection. */
  onClose(listener: () => void): void {
    this.#connection.on('close', listener);
  }

  /** Disconnects; with `force`, without waiting for what is unacknowledged. */
  async end(force = false): Promise<void> {
    await this.#connection.endAsync(force);
  }
}

/** Small packets must not wait for the acknowledgement of the one before; the library leaves that on. */
function sendAtOnce({ stream }: Connection): void {
  if (stream instanceof Socket) stream.setNoDelay();
}
