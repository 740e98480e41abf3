import type { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Aedes } from 'aedes';
import type { Client } from 'aedes';
import { messageOf } from '../kernel/errors.ts';
import { listen } from '../kernel/listen.ts';
import type { Listener } from '../kernel/listen.ts';
import type { Scope } from '../kernel/module.ts';
import { boundOfflineQueues } from './offline-queues.ts';
import type { SessionStore } from './offline-queues.ts';
import { PacketMeter } from './packet-meter.ts';
import { Retained } from './retained.ts';
import { Unreleased } from './unreleased.ts';
import type { IncomingStore } from './unreleased.ts';

/** What a client publishes. */
export interface Publish {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** As aedes hands it over. */
interface Incoming extends Publish {
  retain: boolean;
  readonly messageId?: number;
}

export interface BrokerOptions {
  readonly listen: readonly Listener[];
  readonly maxPacketBytes: number;
  /**
   * Runs for each publication of a client before it is acknowledged or delivered; undefined if there is nothing to wait for.
   * If it rejects, the publication is neither acknowledged nor delivered, and the client is disconnected so that it tries again.
   */
  readonly commit: (clientId: string, packet: Publish) => Promise<void> | undefined;
}

/** A client that has read nothing for so long is disconnected; until then it slows those who publish to it. */
const DRAIN_TIMEOUT_MS = 2_000;
/** Messages kept for one persistent session that is away. */
const OFFLINE_QUEUE = 1_000;
/** What is retained beyond this is delivered, but not kept. */
const RETAINED = { topics: 10_000, bytes: 64 * 1024 * 1024 };
/** After which the kernel begins to ask whether a silent client still lives: MQTT's own keep-alive is the client's to switch off. */
const KEEP_ALIVE_MS = 60_000;

/** The embedded MQTT 3.1.1 broker. Sessions and retained messages live in memory (KubeEdge's internal mode does the same). */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #addresses: Listener[] = [];
  /** What each client's next publication must wait for: they are let through in the order in which they came. */
  readonly #turns = new WeakMap<Client, Promise<void>>();
  readonly #retained = new Retained(RETAINED);
  #aedes: Aedes | undefined;
  #unreleased: Unreleased | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** Listens on every address. @throws KedgeError PORT_IN_USE, PERMISSION or INVALID_INPUT */
  async start(scope: Scope): Promise<void> {
    const aedes = await Aedes.createBroker({
      drainTimeout: DRAIN_TIMEOUT_MS,
      authorizePublish: (client, packet, done) => {
        this.#authorize(client, packet as unknown as Incoming, done);
      },
    });
    this.#aedes = aedes;
    scope.defer(() => new Promise<void>((resolve) => aedes.close(resolve)));
    const { persistence } = aedes as unknown as { persistence: SessionStore & IncomingStore };
    boundOfflineQueues(persistence, OFFLINE_QUEUE);
    this.#unreleased = new Unreleased(persistence);
    (aedes as EventEmitter).on('error', (error) => scope.log.error({ err: error as unknown }, 'the MQTT broker failed to deliver'));
    const noteLoss = (client: Client, error: Error): void => {
      scope.log.warn({ client: client.id, reason: messageOf(error) }, 'an MQTT client was disconnected');
    };
    aedes.on('clientError', noteLoss);
    aedes.on('connectionError', noteLoss);
    for (const address of this.#options.listen) await this.#listen(scope, aedes, address);
  }

  /** Where it listens, with the ports that were really taken. */
  get addresses(): readonly Listener[] {
    return this.#addresses;
  }

  /** Connected clients. */
  get clients(): number {
    return this.#aedes?.connectedClients ?? 0;
  }

  /** Publishes on behalf of the edge itself: `commit` is not asked. Before the start nobody could hear it. */
  publish(topic: string, payload: string | Buffer, { qos = 1, retain = false }: Partial<Pick<Publish, 'qos' | 'retain'>> = {}): void {
    this.#aedes?.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, () => undefined);
  }

  /** Publishes what came from another broker: `commit` is not asked. Resolves once it is kept for every session that wants it. */
  deliver({ topic, payload, qos, retain }: Publish): Promise<void> {
    const packet = { topic, payload, qos, retain: retain && this.#retained.accept({ topic, payload }) };
    return new Promise((resolve, reject) => {
      if (this.#aedes === undefined) resolve();
      else this.#aedes.publish({ cmd: 'publish', dup: false, ...packet }, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #listen(scope: Scope, aedes: Aedes, { address, port }: Listener): Promise<void> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      limitPackets(socket, this.#options.maxPacketBytes);
      aedes.handle(socket);
    });
    const taken = await listen(server, { address, port }, 'the MQTT broker', scope.log);
    scope.defer(async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    });
    this.#addresses.push({ address, port: taken });
  }

  #authorize(client: Client | null, packet: Incoming, done: (error?: Error | null) => void): void {
    // Aedes does not look at the topics of wills.
    if (packet.topic.startsWith('$SYS/') || /^$|[+#]/.test(packet.topic)) {
      done(new Error(`${packet.topic} is reserved, or no topic to publish to`));
      return;
    }
    const work = this.#isRepeated(client, packet) ? undefined : this.#options.commit(client?.id ?? '', packet);
    if (packet.retain) packet.retain = this.#retained.accept(packet);
    const before = client === null ? undefined : this.#turns.get(client);
    if (work === undefined && before === undefined) done(null);
    else this.#inTurn(client, work, before, done);
  }

  #isRepeated(client: Client | null, { qos, messageId }: Incoming): boolean {
    return qos === 2 && messageId !== undefined && this.#unreleased?.has(client?.id ?? '', messageId) === true;
  }

  #inTurn(
    client: Client | null,
    work: Promise<void> | undefined,
    before: Promise<void> | undefined,
    done: (error?: Error | null) => void,
  ): void {
    const turn = Promise.allSettled([work, before]).then(([outcome]) => {
      if (client !== null && this.#turns.get(client) === turn) this.#turns.delete(client);
      done(outcome.status === 'rejected' ? new Error('not stored, not acknowledged', { cause: outcome.reason }) : null);
    });
    if (client !== null) this.#turns.set(client, turn);
  }
}

/** Ends a connection as soon as a packet announces more than it may have. */
function limitPackets(socket: Socket, maxBytes: number): void {
  const meter = new PacketMeter(maxBytes);
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk = read(size) as Buffer | null;
    if (chunk === null || meter.accept(chunk)) return chunk;
    socket.destroy(new Error(`an MQTT packet is larger than ${maxBytes} bytes`));
    return null;
  };
}
