import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { MAX_TEXT, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { isUploadTopic, parseEdgeRequest } from '../../../protocol/topics.ts';
import type { EdgeConfig } from '../../../config/edge-config.ts';
import { Broker } from '../../../mqtt/broker.ts';
import type { Publish } from '../../../mqtt/broker.ts';

export interface EventBusDeps {
  readonly config: EdgeConfig['eventBus'];
  /** DeviceTwin: resolves once what was published is on disk. */
  readonly commit: (topic: string, payload: Buffer) => Promise<void>;
  /** Hands a message to the hub; false if it takes nothing now. */
  readonly send: (message: Message) => boolean;
}

/**
 * MQTT at the edge, KubeEdge's internal mode: the embedded broker, of which DeviceTwin and the cloud's router see what concerns
 * them (KubeEdge reference, MQTT subscriptions).
 */
export class EventBus implements Module {
  readonly name = 'eventbus';
  readonly #deps: EventBusDeps;
  readonly #broker: Broker;

  constructor(deps: EventBusDeps) {
    this.#deps = deps;
    const { listen, maxPacketBytes } = deps.config;
    this.#broker = new Broker({ listen, maxPacketBytes, commit: (_, packet) => this.#tap(packet) });
  }

  start(scope: Scope): Promise<void> {
    return this.#broker.start(scope);
  }

  status(): ModuleStatus {
    return { state: 'ok', facts: { mode: this.#deps.config.mode, urls: this.urls, clients: this.#broker.clients } };
  }

  /** `mqtt://host:port` of each address. */
  get urls(): string[] {
    return this.#broker.addresses.map(({ address, port }) => `mqtt://${address.includes(':') ? `[${address}]` : address}:${port}`);
  }

  /** Publishes an answer of the edge, not retained. QoS 1, so that subscribers who asked for it get it. */
  publish(topic: string, payload: string): void {
    this.#broker.publish(topic, payload);
  }

  #tap({ topic, payload }: Publish): Promise<void> | undefined {
    if (parseEdgeRequest(topic) !== undefined) return this.#deps.commit(topic, payload);
    if (isUploadTopic(topic)) this.#upload(topic, payload);
    return undefined;
  }

  /** Away from the cloud uploads are lost, as in KubeEdge. So is what the cloud would take for malformed. */
  #upload(topic: string, payload: Buffer): void {
    if (topic.length > MAX_TEXT) return;
    this.#deps.send(newMessage({ source: 'bus', group: 'user', operation: 'upload', resource: topic }, payload.toString('utf8')));
  }
}
