import { connect } from 'mqtt';
import type { IClientOptions, MqttClient as Library } from 'mqtt';
import { messageOf } from '../kernel/errors.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';
import { connectError, connectionOptions } from './endpoint.ts';
import type { MqttMessage } from './message.ts';
import { PacketMeter } from './packet-meter.ts';

export interface ConnectionOptions {
  readonly endpoint: BrokerEndpoint;
  readonly clientId: string;
  /** 5, or 4 for MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  /** Forget what the broker keeps for this client. */
  readonly clean?: boolean;
  readonly maxPacketBytes: number;
  /**
   * Takes a message; one at a time, in the order of the broker. A message of QoS 1 is acknowledged once this resolves. If it rejects,
   * the connection ends, and the broker sends the message again at the next one.
   */
  readonly receive: (message: MqttMessage) => Promise<void>;
  readonly signal: AbortSignal;
}

/** How long a broker may take to answer CONNECT. */
const CONNECT_TIMEOUT_MS = 10_000;
/** After a silence of one and a half times this a broker is taken for gone. */
const KEEP_ALIVE_SECONDS = 30;
/** Unacknowledged messages that the broker may send at once. */
const RECEIVE_MAXIMUM = 100;
/** How long an orderly end may take. */
const END_TIMEOUT_MS = 1_000;
/** The broker keeps the session until it is asked to forget it (MQTT 5 §3.1.2.11.2). */
const NEVER_EXPIRES = 0xffffffff;

/** One connection to a broker, from CONNACK to its end; it does not come back. */
export class Connection {
  readonly #library: Library;
  readonly #closed: Promise<Error>;
  /** The broker had kept this client's session. */
  readonly sessionPresent: boolean;

  private constructor(library: Library, closed: Promise<Error>, sessionPresent: boolean) {
    this.#library = library;
    this.#closed = closed;
    this.sessionPresent = sessionPresent;
  }

  /** @throws KedgeError UNREACHABLE, TIMEOUT, AUTH or CERTIFICATE, or the signal's reason */
  static async open(options: ConnectionOptions): Promise<Connection> {
    options.signal.throwIfAborted();
    const library = begin(options);
    const closed = closing(library);
    const abort = (): void => void library.end(true);
    options.signal.addEventListener('abort', abort, { once: true });
    library.handleMessage = ({ topic, payload, qos, retain }, done) => {
      options.receive({ topic, payload: Buffer.from(payload), qos, retain }).then(
        () => done(),
        (error: unknown) => {
          library.emit('error', error as Error);
          library.stream.destroy();
        },
      );
    };
    const connected = new Promise<boolean>((resolve) => library.once('connect', ({ sessionPresent }) => resolve(sessionPresent)));
    const outcome = await Promise.race([connected, closed]);
    options.signal.removeEventListener('abort', abort);
    if (typeof outcome === 'boolean') return new Connection(library, closed, outcome);
    options.signal.throwIfAborted();
    throw connectError(options.endpoint.url, outcome);
  }

  /** Resolves once the connection has ended, with the reason. Never rejects. */
  get closed(): Promise<Error> {
    return this.#closed;
  }

  /** Subscribes at QoS 1. What this client publishes itself is left out where the broker can (MQTT 5). @throws when one is refused */
  async subscribe(filters: readonly string[]): Promise<void> {
    // rap: a retained message keeps its mark. rh 1: it is sent for a new subscription only, and not again, as old as it is, at each connect.
    await this.#orClosed(this.#library.subscribeAsync([...filters], { qos: 1, nl: true, rap: true, rh: 1 }));
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    await this.#orClosed(this.#library.unsubscribeAsync([...filters]));
  }

  /**
   * Resolves once the broker has it, at QoS 0 once it is written; with why, if the broker refuses it.
   * @throws why the connection ended before
   */
  async publish({ topic, payload, qos, retain }: MqttMessage): Promise<string | undefined> {
    const published = this.#library.publishAsync(topic, payload, { qos, retain });
    const failure = await Promise.race([
      published.then(
        () => undefined,
        (error: unknown) => error,
      ),
      this.#closed,
    ]);
    if (failure === undefined) return undefined;
    if (this.#library.connected) return messageOf(failure);
    throw failure as Error;
  }

  /** Ends it in order, or, if the broker does not listen, all the same. */
  async end(): Promise<void> {
    if (this.#library.connected) this.#library.end();
    const timer = setTimeout(() => this.#library.stream.destroy(), END_TIMEOUT_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  async #orClosed<T>(work: Promise<T>): Promise<T> {
    const failed = this.#closed.then((reason) => {
      throw reason;
    });
    failed.catch(() => undefined);
    return Promise.race([work, failed]);
  }
}

/** A key that does not fit its certificate is noticed here. */
function begin(options: ConnectionOptions): Library {
  try {
    const library = connect(libraryOptions(options));
    refuseLargePackets(library, options.maxPacketBytes);
    return library;
  } catch (error) {
    throw connectError(options.endpoint.url, error);
  }
}

/** By what a packet announces: the library would keep all of it, and heeds the limit of MQTT 5 for what it sends only. */
function refuseLargePackets(library: Library, maxPacketBytes: number): void {
  const meter = new PacketMeter(maxPacketBytes);
  library.stream.on('data', (chunk: Uint8Array) => {
    if (meter.accept(chunk)) return;
    library.emit('error', new Error(`the broker sends a packet of more than ${maxPacketBytes} bytes`));
    library.stream.destroy();
  });
}

function libraryOptions({ endpoint, clientId, protocolVersion, clean = false, maxPacketBytes }: ConnectionOptions): IClientOptions {
  const properties = {
    sessionExpiryInterval: clean ? 0 : NEVER_EXPIRES,
    receiveMaximum: RECEIVE_MAXIMUM,
    maximumPacketSize: maxPacketBytes,
  };
  return {
    ...connectionOptions(endpoint),
    clientId,
    clean,
    protocolVersion,
    keepalive: KEEP_ALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    ...(protocolVersion === 5 && { properties }),
  };
}

/** The first reason that the library gives tells more than that the stream has closed. */
function closing(library: Library): Promise<Error> {
  return new Promise((resolve) => {
    let reason: Error | undefined;
    library.on('error', (error) => (reason ??= error));
    library.on('disconnect', ({ reasonCode }) => (reason ??= new Error(disconnectReason(reasonCode))));
    library.once('close', () => resolve(reason ?? new Error('the broker has closed the connection')));
  });
}

const SESSION_TAKEN_OVER = 0x8e;
const SHUTTING_DOWN = 0x8b;

function disconnectReason(code: number | undefined): string {
  if (code === SESSION_TAKEN_OVER) return 'another client has connected with the same client id';
  return code === SHUTTING_DOWN ? 'the broker is shutting down' : `the broker has ended the connection (reason ${code ?? 'unknown'})`;
}
