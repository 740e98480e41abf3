import { MAX_TEXT, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { isBridgedTopic, isUploadTopic, parseEdgeRequest } from '../../../protocol/topics.ts';
import type { Broker, Publish } from '../../../mqtt/broker.ts';
import type { ExternalLink } from '../../../mqtt/external-link.ts';
import type { LostUploads } from './lost-uploads.ts';

export interface TrafficDeps {
  readonly commit: (topic: string, payload: Buffer) => Promise<void>;
  readonly send: (message: Message) => boolean;
  readonly isConnected: () => boolean;
  readonly lost: LostUploads;
  /** The brokers that are in use now. */
  readonly internal: () => Pick<Broker, 'deliver'> | undefined;
  readonly external: () => Pick<ExternalLink, 'publish' | 'hasNoLocal'> | undefined;
}

/**
 * The ways of a message through the EventBus. Each is taken once, where it arrives: committed or sent up, then passed on to the other
 * broker, if there is one. What was passed on is never taken again: the embedded broker does not ask about it, the external one does not
 * send it back.
 */
export class Traffic {
  readonly #deps: TrafficDeps;

  constructor(deps: TrafficDeps) {
    this.#deps = deps;
  }

  /** From the embedded broker's clients, before it acknowledges; undefined if there is nothing to wait for. */
  fromInternal(packet: Publish): Promise<void> | undefined {
    const { commit, external } = this.#deps;
    const { topic, payload } = packet;
    const isRequest = parseEdgeRequest(topic) !== undefined;
    if (!isRequest) {
      if (isUploadTopic(topic)) this.#upload(topic, payload);
      if (isBridgedTopic(topic)) external()?.publish(atQos1(packet));
      return undefined;
    }
    const committed = commit(topic, payload);
    // Where its echo cannot be told for certain, a request stays here: taken a second time, it might undo a later one.
    if (external()?.hasNoLocal !== true) return committed;
    return committed.then(() => external()?.publish(atQos1(packet)));
  }

  /** From the external broker; resolves when it may be acknowledged. */
  async fromExternal(packet: Publish): Promise<void> {
    const { topic, payload } = packet;
    if (parseEdgeRequest(topic) !== undefined) await this.#deps.commit(topic, payload);
    else if (isUploadTopic(topic)) this.#upload(topic, payload);
    if (isBridgedTopic(topic)) await this.#deps.internal()?.deliver(packet);
  }

  /** Away from the cloud uploads are lost, as in KubeEdge. So is what the cloud would take for malformed. */
  #upload(topic: string, payload: Buffer): void {
    const { send, isConnected, lost } = this.#deps;
    if (topic.length > MAX_TEXT) {
      lost.note('malformed', { topic });
      return;
    }
    const message = newMessage({ source: 'bus', group: 'user', operation: 'upload', resource: topic }, payload.toString('utf8'));
    if (!send(message)) lost.note(isConnected() ? 'busy' : 'away', { topic });
  }
}

/** QoS 2 costs two round trips more, and is at least once all the same where a link ends. */
function atQos1({ topic, payload, qos, retain }: Publish): Publish {
  return { topic, payload, retain, qos: qos === 0 ? 0 : 1 };
}
