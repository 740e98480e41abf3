import type { MqttMessage } from './message.ts';

export interface OutboundLimits {
  readonly messages: number;
  /** Of all payloads together. */
  readonly bytes: number;
}

/** Messages that are sent and not yet acknowledged. */
const WINDOW = 100;

/**
 * What is to be published on a connection that comes and goes, in order. A message leaves once it is acknowledged; those that were sent
 * when a connection ended are sent again on the next. Beyond the limits the oldest go.
 */
export class Outbound {
  readonly #limits: OutboundLimits;
  #waiting: MqttMessage[] = [];
  readonly #sent = new Set<MqttMessage>();
  #bytes = 0;
  #dropped = 0;

  constructor(limits: OutboundLimits) {
    this.#limits = limits;
  }

  /** Messages that the other side has not acknowledged. */
  get size(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /** Messages that went unsent because there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  add(message: MqttMessage): void {
    this.#waiting.push(message);
    this.#bytes += message.payload.length;
    while (this.#waiting.length > this.#limits.messages || this.#bytes > this.#limits.bytes) {
      const oldest = this.#waiting.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.payload.length;
      this.#dropped += 1;
    }
  }

  /** The next message to send, if the window has room. */
  next(): MqttMessage | undefined {
    const message = this.#sent.size < WINDOW ? this.#waiting.shift() : undefined;
    if (message !== undefined) this.#sent.add(message);
    return message;
  }

  /** The other side has it, or refuses it. */
  settle(message: MqttMessage): void {
    if (this.#sent.delete(message)) this.#bytes -= message.payload.length;
  }

  /** The connection has ended: what was sent at QoS 1 and not acknowledged is to be sent again, first of all. */
  rewind(): void {
    const again = [...this.#sent].filter(({ qos }) => qos > 0);
    for (const message of this.#sent) if (message.qos === 0) this.#bytes -= message.payload.length;
    this.#waiting = [...again, ...this.#waiting];
    this.#sent.clear();
  }
}
