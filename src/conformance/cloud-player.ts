import { systemClock } from '../kernel/clock.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { dialHub } from '../link/hub-client.ts';
import type { HubConnection } from '../link/hub-client.ts';
import { createCsr, parseCsr } from '../pki/csr.ts';
import { caHash, splitToken } from '../pki/join-token.ts';
import { createKeyPem } from '../pki/key-pair.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import { derToPem } from '../pki/pem.ts';
import { hostPort } from '../protocol/host-port.ts';
import { Arrivals } from './arrivals.ts';
import type { Transcript } from './compare-all.ts';
import { Conversation } from './conversation.ts';
import { sendHttp } from './http-exchange.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { applyAction } from './operator-apply.ts';
import { planOperator } from './operator-plan.ts';
import type { Action } from './operator-plan.ts';
import type { LeftOut } from './left-out.ts';
import type { Frame, HttpExchange, Mark, Recording, SocketEvent } from './recording.ts';
import { timelineOf } from './timeline.ts';
import type { TimelineEvent } from './timeline.ts';
import type { WireMessage } from './wire.ts';

/** A running kedge cloud. */
export interface CloudUnderTest {
  readonly host: string;
  readonly httpsPort: number;
  readonly websocketPort: number;
  readonly kube: KubeClient;
  /** A join token of this cloud. */
  readonly token: string;
  /** Stops the cloud and starts it again on the same home; absent: it runs on, and what was recorded of restarts is left out. */
  readonly process?: { readonly stop: () => Promise<unknown>; readonly start: () => Promise<unknown> };
}

/** How long a message may take. What comes at all comes in milliseconds; the cloud looks for what is stale every 5 s. */
const WAIT_MS = 7_000;
/** How long the end of a run is listened to for what nobody expects. */
const QUIET_MS = 300;
/** While the kit waits for what does not come, it stays alive for the cloud. */
const KEEPALIVE_MS = 10_000;
const RUNS_ON = 'the cloud runs on: the kit did not start it';
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Plays the recorded edge, and the operator, against a cloud: real enrolment, real websocket, one recorded event after the other. */
export class CloudPlayer {
  readonly #recording: Recording;
  readonly #cloud: CloudUnderTest;
  readonly #signal: AbortSignal;
  readonly #arrivals = new Arrivals();
  readonly #talk: Conversation;
  readonly #plan: ReadonlyMap<number, readonly Action[]>;
  readonly #answers = new Map<number, HttpAnswer>();
  readonly #opened = new Set<number>();
  readonly #closedByCloud = new Set<number>();
  readonly #leftOut: LeftOut[] = [];
  #pair: KeyPair | undefined;
  /** What the cloud said instead of a certificate. */
  #refusal = 'it was not asked';
  #caPem = '';
  #connection: HubConnection | undefined;
  #isOpen = false;
  /** The kit ended the connection where a cloud was recorded to. */
  #isClosedHere = false;

  constructor(recording: Recording, cloud: CloudUnderTest, signal: AbortSignal) {
    this.#recording = recording;
    this.#cloud = cloud;
    this.#signal = signal;
    this.#plan = planOperator(recording);
    this.#talk = new Conversation(recording, 'cloud', (message) => this.#send(message));
  }

  /** Plays all of it. @throws KedgeError when the cloud cannot be reached at all, or on interruption */
  async play(): Promise<Transcript> {
    try {
      for (const event of timelineOf(this.#recording)) await this.#step(event);
      await this.#arrivals.until(() => false, QUIET_MS, this.#signal);
    } finally {
      await this.#connection?.close();
    }
    const { sent, received } = this.#talk;
    return {
      hub: { sent, received },
      answers: this.#answers,
      opened: this.#opened,
      closedByPeer: this.#closedByCloud,
      leftOut: this.#leftOut,
      requests: [],
      peers: [],
      published: [],
    };
  }

  async #step(event: TimelineEvent): Promise<void> {
    if (event.kind === 'https') await this.#exchange(event.exchange);
    if (event.kind === 'socket') await this.#socket(event.socket);
    if (event.kind === 'mark') await this.#mark(event.mark);
    if (event.kind === 'frame') await this.#frame(event.frame);
  }

  async #frame(frame: Frame): Promise<void> {
    this.#talk.line = frame.line;
    if (frame.direction === 'edge->cloud') {
      if (this.#isOpen) this.#talk.play(frame);
      return;
    }
    if (this.#isOpen && this.#talk.isAwaited(frame)) await this.#until(() => this.#talk.has(frame) || !this.#isOpen);
  }

  async #mark(mark: Mark): Promise<void> {
    if (/^cloudcore (SIGTERM|start again)/.test(mark.text)) await this.#restart(mark);
    for (const action of this.#plan.get(mark.line) ?? []) await applyAction(this.#cloud.kube, action);
  }

  /** Of a cloud that runs on, the edge is away for as long as the cloud was. */
  async #restart({ line, text: what }: Mark): Promise<void> {
    const { process } = this.#cloud;
    const isStop = what.startsWith('cloudcore SIGTERM');
    if (process === undefined) this.#leftOut.push({ file: 'marks.jsonl', line, what, reason: RUNS_ON });
    if (process !== undefined) await (isStop ? process.stop() : process.start());
    else if (isStop && this.#isOpen) {
      this.#isClosedHere = true;
      await this.#connection?.close();
    }
  }

  async #socket(socket: SocketEvent): Promise<void> {
    if (socket.event === 'open') await this.#open(socket);
    else if (socket.by === 'edge') await this.#connection?.close();
    else if (this.#isClosedHere) this.#leftOut.push({ file: 'ws.jsonl', line: socket.line, what: 'close by the cloud', reason: RUNS_ON });
    else if (await this.#until(() => !this.#isOpen)) this.#closedByCloud.add(socket.line);
  }

  async #open({ headers, line }: SocketEvent): Promise<void> {
    const { nodeName } = this.#recording;
    const { host, websocketPort } = this.#cloud;
    if (this.#pair === undefined) throw new KedgeError('AUTH', `the cloud gave ${nodeName} no certificate: ${this.#refusal}`);
    const connection = await dialHub({
      url: `wss://${host}:${websocketPort}/${headers['project_id'] ?? ''}/${nodeName}/events`,
      headers: recordedHeaders(headers),
      tls: { ca: this.#caPem, cert: this.#pair.certPem, key: this.#pair.keyPem },
      maxMessageBytes: MAX_MESSAGE_BYTES,
      clock: systemClock,
      signal: this.#signal,
      onText: (text) => {
        this.#talk.receive(text);
        this.#arrivals.notify();
      },
    });
    this.#connection = connection;
    this.#isOpen = true;
    this.#isClosedHere = false;
    this.#opened.add(line);
    const stop = systemClock.every(KEEPALIVE_MS, () => this.#talk.keepalive());
    void connection.closed.then(() => {
      stop();
      if (this.#connection === connection) this.#isOpen = false;
      this.#arrivals.notify();
    });
    connection.resume();
  }

  /** The certificate request is made anew: nobody but the recorded edge has its key. */
  async #exchange(exchange: HttpExchange): Promise<void> {
    const { line, method, path, headers, body } = exchange;
    const isOwn = body.length > 0 && path === '/edge.crt';
    const keyPem = createKeyPem();
    const csr = isOwn ? createCsr({ keyPem, subject: parseCsr(body) }) : body;
    const { authorization, ...others } = requestHeaders(headers);
    // The recorded token is of another cloud; one that was no token then is none now.
    const bearer = isOwn
      ? { authorization: `Bearer ${splitToken(this.#cloud.token).jwt}` }
      : authorization === undefined
        ? {}
        : { authorization };
    const answer = await sendHttp({
      host: this.#cloud.host,
      port: this.#cloud.httpsPort,
      method,
      path,
      headers: { ...others, ...bearer },
      body: csr,
      ...(isOwn && { ca: this.#caPem }),
    });
    this.#answers.set(line, answer);
    if (path === '/ca.crt' && answer.status === 200 && this.#caPem === '') this.#caPem = this.#trusted(answer.body);
    if (isOwn && answer.status !== 200) this.#refusal = `${answer.status} ${answer.body.toString('utf8').trim()}`;
    if (isOwn && answer.status === 200) this.#pair = { certPem: derToPem(answer.body, 'CERTIFICATE'), keyPem };
  }

  /** @throws KedgeError AUTH when it is not the CA that the token names */
  #trusted(der: Buffer): string {
    if (caHash(der) !== splitToken(this.#cloud.token).caHash) {
      throw new KedgeError(
        'AUTH',
        `the token was made by another cloud than the one at ${hostPort(this.#cloud.host, this.#cloud.httpsPort)}`,
      );
    }
    return derToPem(der, 'CERTIFICATE');
  }

  #send(message: WireMessage): void {
    this.#connection?.send(`${JSON.stringify(message)}\n`);
  }

  #until(holds: () => boolean): Promise<boolean> {
    return this.#arrivals.until(holds, WAIT_MS, this.#signal);
  }
}

/** Of an upgrade request what is the edge's own; the rest belongs to the websocket. */
function recordedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !/^(host|connection$|upgrade$|sec-websocket)/.test(name));
  return Object.fromEntries(own);
}

function requestHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(host|content-length|accept-encoding)$/.test(name)));
}
