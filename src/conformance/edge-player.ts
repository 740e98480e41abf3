import { systemClock } from '../kernel/clock.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { Listener } from '../kernel/listen.ts';
import { MqttClient } from '../mqtt/client.ts';
import { isAnswerTopic } from '../protocol/topics.ts';
import { Arrivals } from './arrivals.ts';
import type { Transcript } from './compare-all.ts';
import { Conversation } from './conversation.ts';
import { HubHost } from './hub-host.ts';
import { isAsRecorded } from './compare-mqtt.ts';
import type { Published } from './compare-mqtt.ts';
import type { LeftOut } from './left-out.ts';
import type { Frame, Mark, MqttRecord, Recording, SocketEvent } from './recording.ts';
import { timelineOf } from './timeline.ts';
import type { TimelineEvent } from './timeline.ts';
import { resourceOf } from './wire.ts';
import type { WireMessage } from './wire.ts';

/** Where the cloud is, for the edge under test. */
export interface HostedCloud {
  readonly nodeName: string;
  readonly host: string;
  readonly httpsPort: number;
  readonly websocketPort: number;
  readonly token: string;
}

/** A kedge edge. */
export interface EdgeUnderTest {
  /** Enrols it at this cloud without starting it; one that others start is asked for. */
  readonly join: (cloud: HostedCloud) => Promise<void>;
  /** Of its broker, while it runs. */
  readonly mqttUrl: () => string;
  /** How often it reports what devices report, at most. Absent: at any time. */
  readonly reportIntervalMs?: number;
  /** Starts and stops it; absent: others do, and what was recorded of restarts is left out. */
  readonly process?: { readonly start: () => Promise<unknown>; readonly stop: () => Promise<unknown> };
}

/** How long a message may take; an edge answers in milliseconds. */
const WAIT_MS = 5_000;
/** At the broker the order of what the cloud brings about may be another one. */
const TOLD_MS = 2_000;
/** A connection that was lost comes back after some back-off. */
const CONNECT_MS = 20_000;
/** One that somebody has to join first. */
const JOIN_MS = 600_000;
const NOT_STARTED = 'the edge runs on: the kit did not start it, and ends its connection instead';
const REPORT = '/twin/edge_updated';
const QUIET_MS = 300;

/** Plays the recorded cloud, and the recorded applications, against an edge: real enrolment, real websocket, real broker. */
export class EdgePlayer {
  readonly #recording: Recording;
  readonly #edge: EdgeUnderTest;
  readonly #where: Listener;
  readonly #signal: AbortSignal;
  readonly #arrivals = new Arrivals();
  readonly #talk: Conversation;
  readonly #published: Published[] = [];
  /** How much had been told when an application last published. */
  #toldBefore = 0;
  readonly #opened = new Set<number>();
  readonly #closed = new Set<number>();
  #host: HubHost | undefined;
  #mqtt: MqttClient | undefined;
  #isRunning = false;
  /** When the last report came, in milliseconds. */
  #reportedAt = 0;
  readonly #leftOut: LeftOut[] = [];

  /** `where` the kit listens for the edge; a free port of this machine if it is not said otherwise. */
  constructor(recording: Recording, edge: EdgeUnderTest, signal: AbortSignal, where: Listener = { address: '127.0.0.1', port: 0 }) {
    this.#where = where;
    this.#recording = recording;
    this.#edge = edge;
    this.#signal = signal;
    this.#talk = new Conversation(recording, 'edge', (message) => this.#host?.send(`${JSON.stringify(message)}\n`));
  }

  async play(): Promise<Transcript> {
    const host = await HubHost.start(this.#where, {
      signal: this.#signal,
      onText: (text) => {
        if (text.includes(REPORT)) this.#reportedAt = systemClock.now();
        this.#talk.receive(text);
        this.#arrivals.notify();
      },
      onPeer: () => {
        const opens = this.#recording.sockets.filter(({ event }) => event === 'open');
        this.#talk.connection = (opens.find(({ line }) => line > this.#talk.line) ?? opens.at(-1))?.connection ?? 0;
      },
      onChange: () => this.#arrivals.notify(),
    });
    this.#host = host;
    try {
      const { host: address, httpsPort, websocketPort, token } = host;
      await this.#edge.join({ nodeName: this.#recording.nodeName, host: address, httpsPort, websocketPort, token });
      for (const event of timelineOf(this.#recording)) await this.#step(host, event);
      await this.#arrivals.until(() => false, QUIET_MS, this.#signal);
    } finally {
      await this.#stop(host);
      await this.#mqtt?.end(true);
      await host.close();
    }
    const { sent, received } = this.#talk;
    const { requests, peers } = host;
    return {
      hub: { sent, received },
      answers: new Map(),
      opened: this.#opened,
      closedByPeer: this.#closed,
      leftOut: this.#leftOut,
      requests,
      peers,
      published: this.#published,
    };
  }

  async #step(host: HubHost, event: TimelineEvent): Promise<void> {
    if (event.kind === 'socket') await this.#socket(host, event.socket);
    if (event.kind === 'mark') await this.#mark(host, event.mark);
    if (event.kind === 'frame') await this.#frame(host, event.frame);
    if (event.kind === 'mqtt') await this.#record(event.record);
  }

  async #frame(host: HubHost, frame: Frame): Promise<void> {
    this.#talk.line = frame.line;
    if (frame.direction === 'cloud->edge') {
      if (!host.isConnected) return;
      if (isOfTwins(frame.message)) await this.#untilItReports();
      this.#talk.play(frame);
      return;
    }
    if (host.isConnected && this.#talk.isAwaited(frame)) await this.#until(() => this.#talk.has(frame) || !host.isConnected);
  }

  async #mark(host: HubHost, { text, line }: Mark): Promise<void> {
    if (this.#edge.process === undefined && text.startsWith('edgecore ')) {
      this.#leftOut.push({ file: 'marks.jsonl', line, what: text, reason: NOT_STARTED });
      // While the cloud is away, too, its connection is ended already.
      if (text.startsWith('edgecore restarted')) return;
    }
    if (/^edgecore (SIGTERM|restarted)/.test(text)) await this.#stop(host);
    if (/^edgecore (start again|restarted)/.test(text)) await this.#start(host);
    if (/^cloudcore SIGTERM/.test(text)) await host.closeHub();
    if (/^cloudcore start again/.test(text)) await host.openHub();
  }

  async #socket(host: HubHost, { event, by, line }: SocketEvent): Promise<void> {
    if (event === 'open') {
      if (!this.#isRunning) await this.#start(host);
      if (await this.#arrivals.until(() => host.isConnected, CONNECT_MS, this.#signal)) this.#opened.add(line);
    } else if (by === 'edge') {
      await this.#stop(host);
      if (this.#edge.process === undefined) this.#leftOut.push({ file: 'ws.jsonl', line, what: 'close by the edge', reason: NOT_STARTED });
      else if (await this.#until(() => !host.isConnected)) this.#closed.add(line);
    } else host.disconnect();
  }

  /** What an application published is published again; what the edge told is waited for. */
  async #record(record: MqttRecord): Promise<void> {
    const { topic, payload } = record;
    if (!isAnswerTopic(topic)) {
      await this.#untilItReports();
      this.#toldBefore = this.#published.length;
      await this.#mqtt?.publish(topic, payload);
    } else await this.#arrivals.until(() => this.#isTold(record), TOLD_MS, this.#signal);
  }

  /** Two changes within the interval would be one report. */
  async #untilItReports(): Promise<void> {
    const since = this.#reportedAt + (this.#edge.reportIntervalMs ?? 0) - systemClock.now();
    if (since > 0) await this.#arrivals.until(() => false, since, this.#signal);
  }

  /** Not just as much as was recorded: kedge tells more, and what is still to come is lost when it stops. */
  #isTold(record: MqttRecord): boolean {
    return this.#published.slice(this.#toldBefore).some((got) => isAsRecorded(this.#recording, record, got));
  }

  async #start(host: HubHost): Promise<void> {
    const { process } = this.#edge;
    if (process !== undefined) await process.start();
    else if (this.#mqtt !== undefined) await host.openHub();
    else await this.#untilJoined(host);
    this.#isRunning = true;
    if (this.#mqtt === undefined) await this.#listenAtBroker();
  }

  /** @throws KedgeError TIMEOUT after ten minutes */
  async #untilJoined(host: HubHost): Promise<void> {
    if (await this.#arrivals.until(() => host.isConnected, JOIN_MS, this.#signal)) return;
    throw new KedgeError('TIMEOUT', 'no edge has joined the kit', { hint: 'join one with the command that was told, and try again' });
  }

  async #listenAtBroker(): Promise<void> {
    this.#mqtt = await MqttClient.connect(this.#edge.mqttUrl(), { reconnect: false });
    this.#mqtt.onMessage(({ topic, payload }) => {
      if (isAnswerTopic(topic)) this.#published.push({ topic, payload: payload.toString('utf8') });
      this.#arrivals.notify();
    });
    await this.#mqtt.subscribe(['#', '$hw/#']);
  }

  /** An edge that runs on is kept away. */
  async #stop(host: HubHost): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    if (this.#edge.process === undefined) {
      await host.closeHub();
      return;
    }
    await this.#mqtt?.end(true);
    this.#mqtt = undefined;
    await this.#edge.process.stop();
  }

  #until(holds: () => boolean): Promise<boolean> {
    return this.#arrivals.until(holds, WAIT_MS, this.#signal);
  }
}

/** True of what may change an expected value. */
function isOfTwins(message: WireMessage): boolean {
  return /^device\/|\/device\/|^membership/.test(resourceOf(message));
}
