import { isRecord } from '../protocol/message.ts';
import type { WireMessage } from './wire.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What stands in this run for the recorded uids and versions, so that the kit can speak of the same objects. */
export class LiveValues {
  readonly #uids = new Map<string, string>();
  readonly #created = new Map<string, string>();
  /** By recorded `uid/resourceVersion`, and by recorded uid the newest. */
  readonly #versions = new Map<string, string>();

  /** Learns from a message of the side under test and its recorded counterpart. */
  learn(recorded: WireMessage, live: WireMessage): void {
    this.#walk(recorded.content, live.content);
  }

  /** The recorded message about this run's objects. Ids of messages stay: the kit uses the recorded ones. */
  translate(message: WireMessage): WireMessage {
    const content = this.#ofNow(message.content);
    const text = JSON.stringify(content).replace(UUID, (uid) => this.#uids.get(uid) ?? uid);
    return { ...message, content: JSON.parse(text) as unknown };
  }

  #walk(recorded: unknown, live: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(live)) {
      for (const [index, item] of (recorded as unknown[]).entries()) this.#walk(item, (live as unknown[])[index]);
    }
    if (!isRecord(recorded) || !isRecord(live)) return;
    const [uid, other] = [recorded['uid'], live['uid']];
    if (typeof uid === 'string' && typeof other === 'string' && uid !== '') {
      if (!this.#uids.has(uid)) this.#uids.set(uid, other);
      if (typeof live['creationTimestamp'] === 'string') this.#created.set(uid, live['creationTimestamp']);
      this.#version(uid, recorded['resourceVersion'], live['resourceVersion']);
    }
    for (const [key, value] of Object.entries(recorded)) this.#walk(value, live[key]);
  }

  #version(uid: string, recorded: unknown, live: unknown): void {
    if (typeof recorded !== 'string' || typeof live !== 'string') return;
    this.#versions.set(`${uid}/${recorded}`, live);
    this.#versions.set(uid, live);
  }

  #ofNow(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#ofNow(item));
    if (!isRecord(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, this.#ofNow(item)] as const);
    return { ...Object.fromEntries(entries), ...this.#metadata(value) };
  }

  /** What the API server would not take otherwise. */
  #metadata({ uid, resourceVersion, creationTimestamp }: Record<string, unknown>): Record<string, string> {
    if (typeof uid !== 'string') return {};
    const version =
      typeof resourceVersion === 'string' ? (this.#versions.get(`${uid}/${resourceVersion}`) ?? this.#versions.get(uid)) : undefined;
    const created = typeof creationTimestamp === 'string' ? this.#created.get(uid) : undefined;
    return { ...(version !== undefined && { resourceVersion: version }), ...(created !== undefined && { creationTimestamp: created }) };
  }
}
