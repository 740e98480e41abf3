import { readFileSync } from 'node:fs';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { readAnswer } from '../../src/protocol/answer.ts';
import { newMessage, replyTo } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { eventually } from './eventually.ts';
import { TlsHub } from './tls-hub.ts';
import type { HubSession } from './tls-hub.ts';

/** A message that a cloudcore was recorded to send, and what the edgecore of that version answered. */
export interface Push {
  readonly message: Message;
  readonly ack?: Message;
}

interface Recorded {
  version: string;
  kind: 'push' | 'answer';
  request?: Message;
  message: Message;
  ack: Message | null;
}

function linesOf<T extends { version: string }>(file: string, version: string): T[] {
  const text = readFileSync(new URL(`../fixtures/captures/${file}`, import.meta.url), 'utf8');
  const lines = text.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as T).filter((line) => line.version === version);
}

/** What a cloudcore of this version was recorded to send by itself, in the order of its times. */
export function recordedPushes(version: string): Push[] {
  const objects = linesOf<Recorded>('acks.jsonl', version).flatMap(({ kind, message, ack }) =>
    kind === 'push' ? [{ message, ...(ack !== null && { ack }) }] : [],
  );
  const twins = linesOf<{ version: string; fromCloud?: Message }>('devices.jsonl', version).flatMap(({ fromCloud }) =>
    fromCloud === undefined || fromCloud.route.operation === 'response' ? [] : [{ message: fromCloud }],
  );
  return [...objects, ...twins].sort((a, b) => a.message.header.timestamp - b.message.header.timestamp);
}

/**
 * Plays a cloudcore: answers with its recorded answers, sends its recorded messages one at a time, and treats reports as its source says.
 * What it was never recorded to be asked it leaves without an answer.
 */
export class RecordedCloud {
  readonly hub = new TlsHub();
  /** The last report that was stored, by `ID/property`; empty where it was lost. */
  readonly stored = new Map<string, string>();
  readonly reports: Message[] = [];
  /** Routes of requests that have no recorded answer. */
  readonly unknown: Message['route'][] = [];
  confirms = true;
  readonly #answers: readonly Recorded[];
  readonly #minor: number;
  readonly #made = new Set<string>();

  constructor(version: string) {
    this.#answers = linesOf<Recorded>('acks.jsonl', version).filter(({ kind }) => kind === 'answer');
    this.#minor = Number(version.split('.')[1]);
    this.hub.onMessage = (message, session) => this.#receive(message, session);
  }

  listen(pair: KeyPair, ca: string): Promise<number> {
    return this.hub.listen(pair, ca);
  }

  get session(): HubSession {
    return this.hub.sessions.at(-1)!;
  }

  /** Sends a recorded message under an id of its own. @returns the edge's acknowledgement, if one was recorded */
  async push({ message, ack }: Push): Promise<Message | undefined> {
    const { session } = this;
    const { msg_id } = newMessage({ source: '', group: '', operation: '', resource: '' }, null).header;
    session.send({ ...message, header: { ...message.header, msg_id } });
    if (ack === undefined) return undefined;
    return eventually(
      () => session.received.find(({ header }) => header.parent_msg_id === msg_id),
      `the ack of ${message.route.resource ?? ''}`,
    );
  }

  #receive(message: Message, session: HubSession): void {
    const { source, group, operation = '' } = message.route;
    if (source === 'twin') this.#report(message, session);
    else if (group === 'meta' && operation !== 'response') this.#answer(message, session);
  }

  #answer(request: Message, session: HubSession): void {
    const { operation = '', resource = '' } = request.route;
    const type = resource.split('/').at(1);
    const same = this.#answers.filter(
      (entry) => entry.request?.route.operation === operation && (entry.request.route.resource ?? '').split('/').at(1) === type,
    );
    const own = same.filter((entry) => entry.request?.route.resource === resource);
    // What a node asks for before it has made it is not there.
    const isThere = operation !== 'query' || !/^(node|lease)$/.test(type ?? '') || this.#made.has(resource);
    const candidates = own.length > 0 ? own : same;
    const found = candidates.find((entry) => readAnswer(entry.message).ok === isThere) ?? candidates.at(0);
    if (found === undefined) {
      // Edgecore makes its Node in one go. The source merges labels and annotations, and says OK.
      if (operation === 'update' && type === 'node') session.send(replyTo(request, 'OK', { source: 'edgecontroller', group: 'resource' }));
      else this.unknown.push(request.route);
      return;
    }
    if (operation === 'insert') this.#made.add(resource);
    const { message } = found;
    session.send({
      ...message,
      header: { ...message.header, parent_msg_id: request.header.msg_id },
      route: { ...message.route, resource },
    });
  }

  /** Up to 1.14 twins stand in Device.status from the beginning; from 1.16 on the first report of one makes it, and is lost. */
  #report(message: Message, session: HubSession): void {
    const { resource = '' } = message.route;
    this.reports.push(message);
    const isState = resource.endsWith('/state/update');
    if (!this.confirms || (isState && this.#minor < 18)) return;
    const id = resource.slice('device/'.length, -'/twin/edge_updated'.length);
    const { twin = {} } = isState ? {} : (message.content as { twin?: Record<string, { actual?: { value: string } }> });
    for (const [name, { actual }] of Object.entries(twin)) {
      const key = `${id}/${name}`;
      const isKept = this.#minor < 16 || this.stored.has(key);
      this.stored.set(key, (isKept ? actual?.value : '') ?? this.stored.get(key) ?? '');
    }
    const route = { source: 'devicecontroller', group: 'twin', operation: 'response', resource: 'twin' };
    session.send(newMessage(route, 'OK', { parentId: message.header.msg_id }));
  }
}
