import type { Clock } from '../../../kernel/clock.ts';
import { PacedQueue, URGENT } from '../../../kernel/paced-queue.ts';
import type { HubConnection } from '../../../link/hub-client.ts';
import { GO_PACE } from '../../../protocol/go-peer.ts';
import { encodeMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';

const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const UPLOADS = 'uploads';
const REPORTS = 'reports';

/** What leaves on one connection: to a cloud of kedge as fast as the network takes it, to KubeEdge's at the pace of KubeEdge's edge. */
export class Outgoing {
  readonly #connection: HubConnection;
  readonly #queue: PacedQueue<string>;

  constructor(connection: HubConnection, clock: Clock) {
    this.#connection = connection;
    this.#queue = new PacedQueue({ ...GO_PACE, clock, send: (text) => connection.send(text) });
  }

  /** @returns false when the cloud takes nothing more now */
  send(message: Message): boolean {
    if (this.#connection.bufferedBytes > MAX_BUFFERED_BYTES) return false;
    const text = encodeMessage(message);
    if (!this.#connection.isKedge && message.route.operation !== 'keepalive') return this.#queue.put(text, laneOf(message));
    this.#connection.send(text);
    return true;
  }

  /** @returns how many uploads are lost with it; everything else is asked or told again */
  close(): number {
    return this.#queue.close().get(UPLOADS) ?? 0;
  }
}

/** Acknowledgements, leases and questions do not wait for reports and uploads, and neither of those two for all of the other. */
function laneOf({ route }: Message): string {
  if (route.operation === 'upload') return UPLOADS;
  if (route.source === 'twin') return REPORTS;
  return URGENT;
}
