import { MqttClient } from '../mqtt/client.ts';
import { isAnswerTopic } from '../protocol/topics.ts';
import { Arrivals } from './arrivals.ts';
import type { Transcript } from './compare-all.ts';
import { Conversation } from './conversation.ts';
import { HubHost } from './hub-host.ts';
import type { Published } from './compare-mqtt.ts';
import type { Frame, Mark, MqttRecord, Recording, SocketEvent } from './recording.ts';
import { timelineOf } from './timeline.ts';
import type { TimelineEvent } from './timeline.ts';

/** Where the cloud is, for the edge under test. */
export interface HostedCloud {
  readonly nodeName: string;
  readonly host: string;
  readonly httpsPort: number;
  readonly websocketPort: number;
  readonly token: string;
}

/** A kedge edge that the kit may start and stop. */
export interface EdgeUnderTest {
  /** Enrols it at this cloud, without starting it. */
  readonly join: (cloud: HostedCloud) => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Of its broker, while it runs. */
  readonly mqttUrl: () => string;
}

/** How long a message may take; an edge answers in milliseconds. */
const WAIT_MS = 5_000;
/** At the broker nothing depends on it. */
const TOLD_MS = 2_000;
/** A connection that was lost comes back after some back-off. */
const CONNECT_MS = 20_000;
const QUIET_MS = 300;

/** Plays the recorded cloud, and the recorded applications, against an edge: real enrolment, real websocket, real broker. */
export class EdgePlayer {
  readonly #recording: Recording;
  readonly #edge: EdgeUnderTest;
  readonly #signal: AbortSignal;
  readonly #arrivals = new Arrivals();
  readonly #talk: Conversation;
  readonly #published: Published[] = [];
  readonly #opened = new Set<number>();
  readonly #closed = new Set<number>();
  #host: HubHost | undefined;
  #mqtt: MqttClient | undefined;
  #isRunning = false;

  constructor(recording: Recording, edge: EdgeUnderTest, signal: AbortSignal) {
    this.#recording = recording;
    this.#edge = edge;
    this.#signal = signal;
    this.#talk = new Conversation(recording, 'edge', (message) => this.#host?.send(`${JSON.stringify(message)}\n`));
  }

  async play(): Promise<Transcript> {
    const host = await HubHost.start({
      signal: this.#signal,
      onText: (text) => {
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
      await this.#stop();
      await host.close();
    }
    const { sent, received } = this.#talk;
    const { requests, peers } = host;
    return {
      hub: { sent, received },
      answers: new Map(),
      opened: this.#opened,
      closedByPeer: this.#closed,
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
      if (host.isConnected) this.#talk.play(frame);
      return;
    }
    if (host.isConnected && this.#talk.isAwaited(frame)) await this.#until(() => this.#talk.has(frame) || !host.isConnected);
  }

  async #mark(host: HubHost, { text }: Mark): Promise<void> {
    if (/^edgecore SIGTERM/.test(text)) await this.#stop();
    if (/^edgecore restarted/.test(text)) await this.#stop();
    if (/^edgecore (start again|restarted)/.test(text)) await this.#start();
    if (/^cloudcore SIGTERM/.test(text)) await host.closeHub();
    if (/^cloudcore start again/.test(text)) await host.openHub();
  }

  async #socket(host: HubHost, { event, by, line }: SocketEvent): Promise<void> {
    if (event === 'open') {
      if (!this.#isRunning) await this.#start();
      if (await this.#arrivals.until(() => host.isConnected, CONNECT_MS, this.#signal)) this.#opened.add(line);
    } else if (by === 'edge') {
      await this.#stop();
      if (await this.#until(() => !host.isConnected)) this.#closed.add(line);
    } else host.disconnect();
  }

  /** What an application published is published again; what the edge told is waited for. */
  async #record(record: MqttRecord): Promise<void> {
    const { topic, payload } = record;
    if (!isAnswerTopic(topic)) await this.#mqtt?.publish(topic, payload);
    else await this.#arrivals.until(() => this.#isTold(record), TOLD_MS, this.#signal);
  }

  /** By the id that the application chose, where there is one. */
  #isTold({ topic, line, payload }: MqttRecord): boolean {
    const told = this.#published.filter((other) => other.topic === topic);
    const chosen = /"event_id":"([\w-]{1,20})"/.exec(payload)?.[0];
    if (chosen !== undefined) return told.some((other) => other.payload.includes(chosen));
    return told.length >= this.#recording.mqtt.filter((other) => other.topic === topic && other.line <= line).length;
  }

  async #start(): Promise<void> {
    await this.#edge.start();
    this.#isRunning = true;
    this.#mqtt = await MqttClient.connect(this.#edge.mqttUrl(), { reconnect: false });
    this.#mqtt.onMessage(({ topic, payload }) => {
      if (isAnswerTopic(topic)) this.#published.push({ topic, payload: payload.toString('utf8') });
      this.#arrivals.notify();
    });
    await this.#mqtt.subscribe(['#', '$hw/#']);
  }

  async #stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    await this.#mqtt?.end(true);
    this.#mqtt = undefined;
    await this.#edge.stop();
  }

  #until(holds: () => boolean): Promise<boolean> {
    return this.#arrivals.until(holds, WAIT_MS, this.#signal);
  }
}
