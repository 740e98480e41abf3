import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../../../kernel/clock.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { subScope } from '../../../kernel/sub-scope.ts';
import type { SubScope } from '../../../kernel/sub-scope.ts';
import type { EventBusReloaded } from '../../../protocol/admin.ts';
import type { Message } from '../../../protocol/message.ts';
import { BRIDGED_FILTERS, EXTERNAL_FILTERS, isAnswerTopic } from '../../../protocol/topics.ts';
import { listenerUrl, readListeners } from '../../../config/broker-config.ts';
import type { ReadMqttListener } from '../../../config/broker-config.ts';
import { readEndpoint } from '../../../config/external-broker.ts';
import type { EdgeConfig } from '../../../config/edge-config.ts';
import { Accounts } from '../../../mqtt/accounts.ts';
import type { AccountStore } from '../../../mqtt/accounts.ts';
import { Broker } from '../../../mqtt/broker.ts';
import { needsUser } from '../../../mqtt/listeners.ts';
import type { ExternalLink } from '../../../mqtt/external-link.ts';
import type { Journal, SessionStore } from '../../../mqtt/session-store.ts';
import { LostUploads } from './lost-uploads.ts';
import { Traffic } from './traffic.ts';

type Config = EdgeConfig['eventBus'];

export interface EventBusDeps {
  readonly config: Config;
  readonly nodeName: string;
  /** The edge's folder, where the files of the external broker are. */
  readonly dir: string;
  /** DeviceTwin: resolves once what was published is on disk. */
  readonly commit: (topic: string, payload: Buffer) => Promise<void>;
  /** What applications must know that were not reached for a while. */
  readonly deltas: () => readonly { topic: string; payload: string }[];
  /** DeviceTwin is told what clients of the embedded broker subscribe. */
  readonly subscribed?: (filters: readonly string[]) => void;
  /** Hands a message to the hub; false if it takes nothing now. */
  readonly send: (message: Message) => boolean;
  readonly isConnected: () => boolean;
  /** Open from the start of this module on. */
  readonly store: { readonly sessions: SessionStore; readonly accounts: AccountStore; readonly journal: Journal };
  readonly clock?: Clock;
}

interface Internal {
  readonly broker: Broker;
  readonly scope: SubScope;
  /** What it was opened with. */
  readonly listen: readonly ReadMqttListener[];
}

/** How long a change waits for the new broker before it lets the old one go. */
const CONNECT_MS = 5_000;

/**
 * MQTT at the edge (KubeEdge's mqttMode): the embedded broker, an external one, or both. DeviceTwin and the cloud's router see what
 * concerns them.
 */
export class EventBus implements Module {
  readonly name = 'eventbus';
  readonly #deps: EventBusDeps;
  readonly #traffic: Traffic;
  readonly #lost: LostUploads;
  #config: Config;
  #scope: Scope | undefined;
  #internal: Internal | undefined;
  #external: ExternalLink | undefined;
  #accounts: Accounts | undefined;
  #isChanging = false;

  constructor(deps: EventBusDeps) {
    this.#deps = deps;
    this.#config = deps.config;
    this.#lost = new LostUploads(deps.clock ?? systemClock, () => this.#scope?.log);
    this.#traffic = new Traffic({
      commit: deps.commit,
      send: deps.send,
      isConnected: deps.isConnected,
      lost: this.#lost,
      internal: () => this.#internal?.broker,
      external: () => this.#external,
    });
  }

  async start(scope: Scope): Promise<void> {
    this.#scope = scope;
    this.#accounts = new Accounts({
      store: this.#deps.store.accounts,
      clock: this.#deps.clock ?? systemClock,
      failedLoginsPerMinute: this.#config.limits.failedLoginsPerMinute,
      isReserved: isAnswerTopic,
      removed: (name) => this.#internal?.broker.dropUser(name),
    });
    scope.defer(async () => {
      await this.#external?.close();
      await this.#internal?.scope.end();
    });
    if (this.#config.mode !== 'external') await this.#openInternal(scope, this.#config);
    if (this.#config.mode !== 'internal') this.#external = await this.#openExternal(scope, this.#config);
  }

  status(): ModuleStatus {
    const { mode, external } = this.#config;
    const { problem, ...link } = this.#external?.state ?? {};
    const facts = {
      mode,
      urls: this.urls,
      lostUploads: this.#lost.total,
      ...(this.#internal !== undefined && this.#factsOf(this.#internal.broker)),
      ...(this.#external !== undefined && { external: { url: external?.url, ...link, ...(problem !== undefined && { problem }) } }),
    };
    return problem === undefined ? { state: 'ok', facts } : { state: 'degraded', detail: problem, facts };
  }

  /** `closed` are the addresses that refuse everybody, since there is no user. */
  #factsOf(broker: Broker): Readonly<Record<string, unknown>> {
    const users = this.accounts.users().length;
    const closed = users > 0 ? [] : broker.addresses.filter(needsUser).map(listenerUrl);
    return { clients: broker.clients, ...broker.kept, users, ...(closed.length > 0 && { closed }) };
  }

  /** Where applications find a broker: `mqtt://host:port` of each address. */
  get urls(): string[] {
    const own = (this.#internal?.broker.addresses ?? []).map(listenerUrl);
    const other = this.#external === undefined ? undefined : this.#config.external?.url;
    return other === undefined ? own : [...own, other];
  }

  /** Who may use the embedded broker. */
  get accounts(): Accounts {
    if (this.#accounts === undefined) throw new Error('the EventBus is not started');
    return this.#accounts;
  }

  /** The hub had taken so many uploads, and its connection ended before their turn. */
  uploadsLost(count: number): void {
    if (count > 0) this.#lost.note('away', { count });
  }

  /** Publishes an answer of the edge, not retained. QoS 1, so that subscribers who asked for it get it, or 0 for those who are there now. */
  publish(topic: string, payload: string, qos: 0 | 1 = 1): void {
    this.#internal?.broker.publish(topic, payload, { qos });
    this.#external?.publish({ topic, payload: Buffer.from(payload), qos, retain: false });
  }

  /**
   * Changes over to another configuration: what is new is opened before what is old is closed, and a broker that is left is emptied first.
   * @throws KedgeError CONFLICT while another change is going on, PORT_IN_USE and the like; then all is as before
   */
  async reload(next: Config): Promise<EventBusReloaded> {
    if (this.#scope === undefined || this.#isChanging) {
      throw new KedgeError('CONFLICT', 'the EventBus is starting or changing just now', { hint: 'try again in a moment' });
    }
    this.#isChanging = true;
    try {
      return { mode: next.mode, drained: await this.#change(this.#scope, this.#config, next) };
    } finally {
      this.#isChanging = false;
    }
  }

  async #change(scope: Scope, last: Config, next: Config): Promise<boolean> {
    const { mode: from, external: before, ...ownBefore } = last;
    const { mode: to, external: after, ...ownAfter } = next;
    // A certificate may have changed though its file's name has not.
    const listen = to === 'external' ? [] : await readListeners(this.#deps.dir, next.listen);
    const keepsOwn = isDeepStrictEqual(ownBefore, ownAfter) && isDeepStrictEqual(this.#internal?.listen, listen);
    if (!keepsOwn && to !== 'external') await this.#changeInternal(scope, last, next);
    const keepsOther = from === to && isDeepStrictEqual(before, after);
    const drained = keepsOther || (await this.#changeExternal(scope, last, next));
    this.#config = next;
    if (to === 'external') await this.#closeInternal();
    scope.log.info({ from, to, drained }, 'the MQTT side has changed');
    return drained;
  }

  /** Its ports may be the same, so the old one ends first. */
  async #changeInternal(scope: Scope, last: Config, next: Config): Promise<void> {
    const before = this.#internal?.listen;
    await this.#closeInternal();
    await this.#openInternal(scope, next).catch(async (error: unknown) => {
      if (before !== undefined) await this.#openInternal(scope, last, before);
      throw error;
    });
  }

  /** A session is kept if it is at the same broker; another broker is there before the old one is left. */
  async #changeExternal(scope: Scope, last: Config, next: Config): Promise<boolean> {
    const old = this.#external;
    const isSame = last.external?.url === next.external?.url && next.mode !== 'internal';
    if (isSame) await old?.close();
    this.#external = next.mode === 'internal' ? undefined : await this.#openExternal(scope, next, isSame ? old : undefined);
    await this.#external?.connected(CONNECT_MS);
    return old === undefined || isSame || old.leave();
  }

  async #openInternal(scope: Scope, { listen, maxPacketBytes, limits }: Config, read?: readonly ReadMqttListener[]): Promise<void> {
    const own = subScope(scope);
    const { dir, store, clock, subscribed } = this.#deps;
    const addresses = read ?? (await readListeners(dir, listen));
    const broker = new Broker({
      listen: addresses,
      maxPacketBytes,
      limits,
      access: this.accounts,
      store: store.sessions,
      journal: store.journal,
      ...(clock !== undefined && { clock }),
      commit: (_, packet) => this.#traffic.fromInternal(packet),
      ...(subscribed !== undefined && { subscribed }),
    });
    try {
      await broker.start(own);
    } catch (error) {
      await own.end();
      throw error;
    }
    this.#internal = { broker, scope: own, listen: addresses };
  }

  async #closeInternal(): Promise<void> {
    const internal = this.#internal;
    this.#internal = undefined;
    await internal?.scope.end();
  }

  /** Loaded only where it is used: it costs some megabytes. */
  async #openExternal({ log }: Scope, { mode, external, maxPacketBytes }: Config, before?: ExternalLink): Promise<ExternalLink> {
    const { nodeName, dir, deltas } = this.#deps;
    if (external === undefined) throw new KedgeError('INVALID_CONFIG', `the MQTT mode ${mode} needs eventBus.external`);
    const { ExternalLink: Link } = await import('../../../mqtt/external-link.ts');
    const link: ExternalLink = new Link({
      endpoint: () => readEndpoint(dir, external),
      clientId: `kedge-${nodeName}`,
      filters: mode === 'both' ? BRIDGED_FILTERS : EXTERNAL_FILTERS,
      maxPacketBytes,
      receive: (message) => this.#traffic.fromExternal(message),
      onConnected: () => {
        for (const { topic, payload } of deltas()) link.publish({ topic, payload: Buffer.from(payload), qos: 1, retain: false });
      },
    });
    if (before !== undefined) link.inherit(before);
    link.start({ log });
    return link;
  }
}
