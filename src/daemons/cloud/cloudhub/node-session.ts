import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { PacedQueue } from '../../../kernel/paced-queue.ts';
import type { HubSocket } from '../../../link/hub-server.ts';
import { GO_PACE } from '../../../protocol/go-peer.ts';
import { MalformedMessage, decodeMessage, encodeMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { AckQueue } from './ack-queue.ts';
import type { QueueLimits } from './ack-queue.ts';
import { needsAck } from './delivery.ts';

export interface NodeSessionOptions {
  readonly nodeName: string;
  readonly socket: HubSocket;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxMessageBytes: number;
  readonly queue: QueueLimits;
  /** Messages in flight at the same time that wait for their acknowledgement; 1 is an edge of KubeEdge. */
  readonly window: number;
  /** Takes each message of the edge, in order of arrival; while too many are being worked on, the edge is not read. */
  readonly onMessage: (message: Message) => Promise<void>;
  readonly onAcked: (message: Message) => void;
  /** Runs before the first transmission of an ack-mode message. */
  readonly recordDelivery: (message: Message) => Promise<void>;
}

/** Messages of one edge that are worked on at the same time, of `maxMessageBytes` characters together; reading goes on at half of it. */
const WORK_LIMIT = 64;
/** So much nonsense ends a session. */
const MALFORMED_LIMIT = 20;

/** One node's open connection: what comes in is decoded and counted, what goes out is acknowledged or sent once. */
export class NodeSession {
  readonly nodeName: string;
  /** RFC 3339. */
  readonly since: string;
  readonly #options: NodeSessionOptions;
  readonly #queue: AckQueue;
  /** To an edge of KubeEdge: it would drop the oldest of what it is told too fast, and nobody would know. */
  readonly #unasked: PacedQueue<Message>;
  #working = 0;
  #workingSize = 0;
  #malformed = 0;
  #paused = false;
  #closed = false;
  #lastKeepalive: number;

  constructor(options: NodeSessionOptions) {
    this.nodeName = options.nodeName;
    this.#options = options;
    this.#lastKeepalive = options.clock.elapsed();
    this.since = new Date(options.clock.now()).toISOString();
    const send = (message: Message): boolean => this.#transmit(message);
    this.#unasked = new PacedQueue({ ...GO_PACE, limit: options.queue.queuedMessages, clock: options.clock, send });
    this.#queue = new AckQueue({
      clock: options.clock,
      limits: options.queue,
      window: options.window,
      hasRoom: () => options.socket.bufferedBytes < options.maxMessageBytes,
      prepare: options.recordDelivery,
      transmit: (message) => this.#transmit(message),
      onAcked: options.onAcked,
      onFailure: ({ route }, why) => options.log.warn({ resource: route.resource, err: why }, 'not delivered, will be tried again'),
    });
  }

  /** Messages that the edge has yet to acknowledge. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Milliseconds since the edge was last heard of; 0 while it is this side that does not read. */
  get silence(): number {
    return this.#paused ? 0 : this.#options.clock.elapsed() - this.#lastKeepalive;
  }

  keepalive(): void {
    this.#lastKeepalive = this.#options.clock.elapsed();
  }

  /** Sends once, or until it is acknowledged, as the message demands. False when there was nothing to send or no room. */
  send(message: Message): boolean {
    if (this.#closed) return false;
    if (needsAck(message)) return this.#queue.put(message);
    // Answers come as fast as the edge asks.
    const isPaced = this.#options.window === 1 && message.route.operation !== 'response';
    return isPaced ? this.#unasked.put(message) : this.#transmit(message);
  }

  ack(messageId: string): boolean {
    return this.#queue.ack(messageId);
  }

  /** One frame of the edge. What arrives after the end is dropped: a newer session may have told newer things already. */
  receive(text: string): void {
    if (this.#closed) return;
    const message = this.#decode(text);
    if (message === undefined) return;
    this.#working += 1;
    this.#workingSize += text.length;
    if (this.#fill >= 1 && !this.#paused) {
      this.#paused = true;
      this.#options.socket.pause();
    }
    void this.#options.onMessage(message).finally(() => this.#worked(text.length));
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.close();
    this.#unasked.close();
    this.#options.socket.close(reason);
  }

  #decode(text: string): Message | undefined {
    try {
      return decodeMessage(text);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#malformed += 1;
      this.#options.log.warn({ reason: error.message, bytes: text.length }, 'a malformed message was ignored');
      if (this.#malformed >= MALFORMED_LIMIT) this.close('too many malformed messages');
      return undefined;
    }
  }

  /** How much of what may be worked on at the same time is. */
  get #fill(): number {
    return Math.max(this.#working / WORK_LIMIT, this.#workingSize / this.#options.maxMessageBytes);
  }

  #worked(size: number): void {
    this.#working -= 1;
    this.#workingSize -= size;
    if (!this.#paused || this.#fill > 0.5) return;
    this.#paused = false;
    this.#lastKeepalive = this.#options.clock.elapsed();
    this.#options.socket.resume();
  }

  #transmit(message: Message): boolean {
    const { socket, maxMessageBytes, log } = this.#options;
    const text = encodeMessage(message);
    const bytes = Buffer.byteLength(text);
    if (bytes > maxMessageBytes) {
      log.error({ resource: message.route.resource, bytes }, 'a message is larger than cloudHub.maxMessageBytes and cannot be sent');
      return false;
    }
    if (socket.bufferedBytes + bytes > 2 * maxMessageBytes) {
      this.close('the edge does not read what it is sent');
      return false;
    }
    socket.send(text);
    return true;
  }
}
