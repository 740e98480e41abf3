import type { Socket } from 'node:net';
import type { AedesPublishPacket, AuthenticateError, Client, ConnectPacket, Subscription } from 'aedes';
import type { Logger } from '../kernel/log.ts';
import type { Access, Identity } from './access.ts';
import type { Peer } from './listeners.ts';
import type { Persistence } from './persistence.ts';
import { isTopicFilter } from '../protocol/topic-filter.ts';

export interface GateDeps {
  readonly access: Access;
  readonly persistence: Persistence;
  readonly limits: { readonly subscriptions: number };
  readonly log: Logger;
}

type Answer = (error: AuthenticateError | null, success: boolean | null) => void;

/** CONNACK of MQTT 3.1.1 §3.2.2.3. */
const CODE = { identifierRejected: 2, unavailable: 3, badPassword: 4, notAuthorized: 5 } as const;
const MQTT_5 = 5;
/** CONNACK of MQTT 5 §3.2: no session, 0x84 unsupported protocol version, no properties. */
const MQTT_5_REFUSAL = Buffer.from([0x20, 0x03, 0x00, 0x84, 0x00]);
/** CONNACK of MQTT 3.1.1 §3.2: no session, identifier rejected. */
const IDENTIFIER_REFUSAL = Buffer.from([0x20, 0x02, 0x00, CODE.identifierRejected]);
/** Clients of MQTT 5 that are remembered as told of. */
const MOST_TOLD = 1_000;

/** Decides for aedes who comes in, and what passes. */
export class Gate {
  readonly #deps: GateDeps;
  readonly #peers = new WeakMap<object, Peer>();
  readonly #users = new WeakMap<object, string>();
  /** The connection that holds each client id. */
  readonly #current = new Map<string, Client>();
  readonly #told = new Set<string>();

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** A new connection. */
  meet(socket: Socket, peer: Peer): void {
    this.#peers.set(socket, peer);
  }

  /** Empty: anonymous. */
  userOf(client: object): string {
    return this.#users.get(client) ?? '';
  }

  clientsOf(username: string): Client[] {
    return [...this.#current.values()].filter((client) => this.userOf(client) === username);
  }

  /** Refuses what cannot be served, in words that the client understands, before anything is done for it. */
  preConnect(client: Client, packet: ConnectPacket, done: (error: Error | null, success: boolean) => void): void {
    if ((packet.protocolVersion as number) === MQTT_5) {
      this.#refuseMqtt5(client, packet, done);
    } else if (packet.clientId === '' && packet.clean !== true) {
      // MQTT 3.1.1 [MQTT-3.1.3-8]: nobody could come back to that session.
      client.conn.end(IDENTIFIER_REFUSAL, () => done(new Error('a session needs a client id'), false));
    } else {
      done(null, true);
    }
  }

  /** Tells clients of MQTT 5 to fall back to 3.1.1. */
  #refuseMqtt5(client: Client, packet: ConnectPacket, done: (error: Error | null, success: boolean) => void): void {
    const { address = '' } = this.#peers.get(client.conn) ?? {};
    const name = `${address} ${packet.clientId}`;
    if (!this.#told.has(name) && this.#told.size < MOST_TOLD) {
      this.#told.add(name);
      this.#deps.log.info({ client: packet.clientId, address }, 'a client wants MQTT 5; this broker speaks 3.1.1');
    }
    client.conn.end(MQTT_5_REFUSAL, () => done(new Error('MQTT 5 is not supported'), false));
  }

  authenticate(client: Client, username: string | undefined, password: Buffer | undefined, done: Answer): void {
    const peer = this.#peers.get(client.conn);
    if (peer === undefined) {
      done(refusal(CODE.notAuthorized, 'an unknown connection'), false);
    } else if (username !== undefined && username !== '') {
      void this.#logIn(client, { username, password: password ?? Buffer.alloc(0), address: peer.address }, done);
    } else if (peer.certificateName !== undefined) {
      this.#admit(client, peer.certificateName, done);
    } else if (peer.mayBeAnonymous) {
      this.#admit(client, '', done);
    } else {
      done(refusal(CODE.notAuthorized, `a client at ${peer.address} gave no user name, which this listener asks for`), false);
    }
  }

  authorizeSubscribe(
    client: Client,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void {
    const { access, limits } = this.#deps;
    const { subscriptions } = client as unknown as { subscriptions: Record<string, unknown> };
    const filter = subscription.topic;
    const isKnown = filter in subscriptions;
    const isRoom = isKnown || Object.keys(subscriptions).length < limits.subscriptions;
    const isAllowed = isTopicFilter(filter) && isRoom && access.maySubscribe(this.#identity(client), filter);
    done(null, isAllowed ? subscription : null);
  }

  /** Nothing before CONNACK: a session that is just resumed gets it from its queue. */
  authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const { connackSent } = client as unknown as { connackSent: boolean };
    return connackSent && this.#deps.access.mayRead(this.#identity(client), packet.topic) ? packet : null;
  }

  mayPublish(client: Client, topic: string): boolean {
    return this.#deps.access.mayPublish(this.#identity(client), topic);
  }

  /** A client is gone; it may have been replaced by another connection of the same id. */
  leave(client: Client): void {
    if (this.#current.get(client.id) !== client) return;
    this.#current.delete(client.id);
    this.#deps.persistence.leave(client);
  }

  async #logIn(client: Client, credentials: { username: string; password: Buffer; address: string }, done: Answer): Promise<void> {
    const { username, password, address } = credentials;
    const result = await this.#deps.access.login(username, password, address).catch(() => 'busy' as const);
    if (result === 'ok') this.#admit(client, username, done);
    else if (result === 'wrong') done(refusal(CODE.badPassword, `wrong user name or password from ${address}`), false);
    else done(refusal(CODE.unavailable, `too many logins from ${address}`), false);
  }

  /** A client id belongs to the user who has it. */
  #admit(client: Client, username: string, done: Answer): void {
    const { sessions } = this.#deps.persistence;
    const holder = this.#current.get(client.id);
    if (sessions.isForeign(client.id, username) || (holder !== undefined && this.userOf(holder) !== username)) {
      done(refusal(CODE.identifierRejected, `the client id ${client.id} is another user's`), false);
    } else if (!client.clean && !sessions.open(client.id, username)) {
      done(refusal(CODE.unavailable, 'there are too many sessions'), false);
    } else {
      this.#users.set(client, username);
      this.#current.set(client.id, client);
      done(null, true);
    }
  }

  #identity(client: Client): Identity {
    return { username: this.userOf(client), clientId: client.id };
  }
}

function refusal(returnCode: number, message: string): AuthenticateError {
  // Aedes declares an enum that has no values to import.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
  return Object.assign(new Error(message), { returnCode });
}
