import { KedgeError } from '../../../src/kernel/errors.ts';
import type { HubConnection } from '../../../src/link/hub-client.ts';
import type { HubPeer, HubServer, HubServerOptions, HubSocket } from '../../../src/link/hub-server.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { Fence } from './fence.ts';
import { forever } from './fence.ts';

/** As the ping of link/hub-client.ts finds it out. */
const SILENCE_MS = 24_000;
export type Side = 'cloud' | 'edge';

interface End {
  readonly fence: Fence;
  readonly deliver: (text: string) => void;
  /** Tells this end once that the connection is gone. */
  closed: ((reason: string) => void) | undefined;
  isPaused: boolean;
}

/** What is on its way to an end; the reason why the connection ended comes last. */
type Parcel = { readonly text: string } | { readonly end: string };

interface Connection {
  readonly ends: Record<Side, End>;
  queues: Record<Side, Parcel[]>;
  /** What is on its way to the cloud arrives when it is released, long after the edge has noticed the end. */
  isLate: boolean;
  /** Nothing arrives any more, and nobody is told. */
  isHalfOpen: boolean;
}

/**
 * The network between one cloud and one edge. A connection keeps the order of what it carries, as TCP does; connections know nothing of one
 * another, so that what an old one still carries may arrive after a newer one was opened.
 */
export class SimLink {
  isUp = true;
  /** What goes to this side waits. */
  readonly held: Record<Side, boolean> = { cloud: false, edge: false };
  #listening: { options: HubServerOptions; fence: Fence } | undefined;
  #connections: Connection[] = [];
  readonly #dials = new Set<(problem: string) => void>();
  readonly #clock: ManualClock;
  readonly #nodeName: string;
  readonly #onTraffic: () => void;

  constructor(options: { clock: ManualClock; nodeName: string; onTraffic: () => void }) {
    this.#clock = options.clock;
    this.#nodeName = options.nodeName;
    this.#onTraffic = options.onTraffic;
  }

  /** As new: no connection, nothing held. */
  reset(): void {
    this.isUp = true;
    this.held.cloud = this.held.edge = false;
    this.#connections = [];
    this.#dials.clear();
    this.#listening = undefined;
  }

  serve(fence: Fence, options: HubServerOptions): Promise<HubServer> {
    this.#listening = { options, fence };
    return Promise.resolve({ port: 10_000, useCertificate: () => undefined });
  }

  async dial(fence: Fence, { storeId, onText }: { storeId: string; onText: (text: string) => void }): Promise<HubConnection> {
    const listening = this.#listening;
    if (!this.isUp || listening === undefined || listening.fence.isDead) throw new KedgeError('UNREACHABLE', 'nobody answers');
    const peer: HubPeer = {
      nodeId: this.#nodeName,
      projectId: 'project',
      connectionUse: 'msg',
      certificate: new Uint8Array(),
      remoteAddress: '192.0.2.1',
      localAddress: '192.0.2.2',
      storeId,
      window: listening.options.window,
    };
    const decided = listening.options.authorise(peer).then(
      (refusal) => refusal?.text,
      () => 'it cannot check this node now',
    );
    const problem = await Promise.race([decided, new Promise<string>((resolve) => this.#dials.add(resolve))]);
    if (fence.isDead) return forever();
    if (problem !== undefined) throw new KedgeError('UNREACHABLE', problem);
    return this.#connect(peer, fence, onText, listening);
  }

  /** Whoever waits for an answer to its dial will get none. */
  #breakDials(): void {
    for (const fail of this.#dials) fail('the connection broke');
    this.#dials.clear();
  }

  #connect(
    peer: HubPeer,
    fence: Fence,
    onText: (text: string) => void,
    { options, fence: cloudFence }: { options: HubServerOptions; fence: Fence },
  ): HubConnection {
    const socket: HubSocket = {
      bufferedBytes: 0,
      send: (text) => this.#send(connection, 'edge', cloudFence, text),
      pause: () => (connection.ends.cloud.isPaused = true),
      resume: () => (connection.ends.cloud.isPaused = false),
      close: (reason) => this.#close(connection, 'cloud', reason),
      onText: () => undefined,
      onClose: () => undefined,
    };
    let gone: (reason: string) => void = () => undefined;
    const closed = new Promise<string>((resolve) => (gone = resolve));
    const connection: Connection = {
      ends: {
        cloud: { fence: cloudFence, deliver: (text) => socket.onText(text), closed: (reason) => socket.onClose(reason), isPaused: false },
        edge: { fence, deliver: onText, closed: (reason) => gone(reason), isPaused: true },
      },
      queues: { cloud: [], edge: [] },
      isLate: false,
      isHalfOpen: false,
    };
    this.#connections.push(connection);
    options.onConnection(peer, socket);
    return {
      localAddress: '192.0.2.1',
      window: peer.window,
      isKedge: true,
      bufferedBytes: 0,
      send: (text) => this.#send(connection, 'cloud', fence, text),
      pause: () => (connection.ends.edge.isPaused = true),
      resume: () => (connection.ends.edge.isPaused = false),
      close: () => {
        this.#close(connection, 'edge', 'closed by the edge');
        return Promise.resolve();
      },
      closed,
    };
  }

  #send(connection: Connection, to: Side, fence: Fence, text: string): void {
    fence.check();
    if (!connection.isHalfOpen && connection.ends[to].closed !== undefined) connection.queues[to].push({ text });
    fence.effect();
  }

  /** One end says goodbye: it knows at once, the other when it hears of it. */
  #close(connection: Connection, side: Side, reason: string): void {
    const other = side === 'cloud' ? 'edge' : 'cloud';
    if (!connection.isHalfOpen) connection.queues[other].push({ end: reason });
    // What is on its way to the one that closes still arrives before it is told, and is for it to refuse.
    connection.queues[side].push({ end: reason });
    this.#onTraffic();
  }

  /** How many parcels could arrive now. */
  get ready(): [Connection, Side][] {
    return this.#connections.flatMap((connection) =>
      (['cloud', 'edge'] as const).filter((side) => this.#isReady(connection, side)).map((side): [Connection, Side] => [connection, side]),
    );
  }

  #isReady({ ends, queues, isLate }: Connection, side: Side): boolean {
    if (isLate && side === 'cloud') return false;
    return queues[side].length > 0 && !this.held[side] && (!ends[side].isPaused || endsNow(queues[side]));
  }

  /** The next parcel of this direction arrives. */
  deliver([connection, side]: [Connection, Side]): void {
    const parcel = connection.queues[side].shift();
    const end = connection.ends[side];
    if (parcel === undefined) return;
    this.#onTraffic();
    if ('text' in parcel) {
      if (end.closed !== undefined && !end.fence.isDead) end.deliver(parcel.text);
      return;
    }
    const { closed } = end;
    end.closed = undefined;
    connection.queues[side] = [];
    if (!end.fence.isDead) closed?.(parcel.end);
    if (connection.ends.cloud.closed === undefined && connection.ends.edge.closed === undefined)
      this.#connections = this.#connections.filter((other) => other !== connection);
  }

  /** What is late arrives now. */
  releaseLate(): void {
    for (const connection of this.#connections) connection.isLate = false;
  }

  /** Every connection breaks; of what is on its way so many parcels still arrive, at the cloud perhaps late. */
  cut(arriving: Record<Side, number>, isLate: boolean): void {
    this.#breakDials();
    for (const connection of this.#connections) {
      connection.isLate ||= isLate;
      for (const side of ['cloud', 'edge'] as const) this.#break(connection, side, arriving[side]);
    }
  }

  /** Nothing arrives any more on the connections that there are, and no one is told: each side has to find out. */
  halfOpen(): void {
    for (const connection of this.#connections) {
      connection.isHalfOpen = true;
      connection.queues = { cloud: [], edge: [] };
      const silent = connection;
      this.#clock.after(SILENCE_MS, () => silent.queues.edge.push({ end: 'the cloud fell silent' }));
    }
  }

  /** The next parcel to this side is there twice, as when its sender repeats it at once. */
  duplicate(side: Side): void {
    for (const { queues } of this.#connections) {
      const [first] = queues[side];
      if (first !== undefined && 'text' in first) queues[side].unshift(first);
    }
  }

  /** A process has ended: its kernel sends what was sent, and says goodbye. */
  died(side: Side): void {
    this.#breakDials();
    for (const connection of this.#connections) {
      const other = side === 'cloud' ? 'edge' : 'cloud';
      connection.queues[side] = [{ end: 'dead' }];
      if (!connection.isHalfOpen) connection.queues[other].push({ end: 'the peer has died' });
    }
  }

  #break(connection: Connection, side: Side, arriving: number): void {
    if (connection.isHalfOpen) return;
    connection.queues[side] = [...connection.queues[side].slice(0, arriving), { end: 'the connection broke' }];
  }
}

function endsNow([first]: readonly Parcel[]): boolean {
  return first !== undefined && 'end' in first;
}
