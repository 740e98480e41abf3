import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandScope } from '../client/command-scope.ts';
import type { EdgeEvents } from '../daemons/edge/events.ts';
import { Edged } from '../daemons/edge/edged/edged.ts';
import type { Machine } from '../daemons/edge/edged/machine.ts';
import { EdgeHub } from '../daemons/edge/edgehub/edge-hub.ts';
import type { EnrolmentClient } from '../daemons/edge/edgehub/enrolment-client.ts';
import { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/log.ts';
import { createCsr } from '../pki/csr.ts';
import { createKeyPem } from '../pki/key-pair.ts';
import { derToPem } from '../pki/pem.ts';
import { readAnswer } from '../protocol/answer.ts';
import type { Answer } from '../protocol/answer.ts';
import { hostPort } from '../protocol/host-port.ts';
import { encodeMessage, newMessage, replyTo } from '../protocol/message.ts';
import type { Message } from '../protocol/message.ts';
import { NODES_GROUP, nodeUser } from '../protocol/node-name.ts';
import { parseResource } from '../protocol/resource.ts';
import { deviceResource, formatDeviceId } from '../protocol/topics.ts';
import type { Traffic } from './traffic.ts';

export interface SimEdgeOptions {
  readonly nodeName: string;
  /** Its key and certificate lie in a folder of its own in here. */
  readonly folder: string;
  readonly caPath: string;
  readonly caPem: string;
  readonly cloud: { readonly host: string; readonly port: number };
  readonly version: string;
}

export interface SimEdgeDeps {
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** What its Node tells of the machine. */
  readonly machine: () => Promise<Machine>;
}

/** KubeEdge's projectID. */
const PROJECT_ID = 'e632aba927ea4ac2b575ec1603d56f10';
const HEARTBEAT_SECONDS = 15;
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const NODE_STATUS_SECONDS = 300;
const LEASE_SECONDS = 40;

/**
 * An edge that keeps nothing but its certificate on disk: the edge daemon's own EdgeHub and Edged, an acknowledgement for whatever the cloud
 * sends, and devices whose values are made up.
 */
export class SimEdge {
  readonly #options: SimEdgeOptions;
  readonly #deps: SimEdgeDeps;
  readonly #stop = new AbortController();
  readonly #scope: CommandScope;
  /** What it knows is lost with it. */
  readonly #storeId = randomUUID();
  readonly #devices = new Set<string>();
  /** When the reports that the cloud has yet to confirm were sent, by message id. */
  readonly #reports = new Map<string, number>();
  /** Kept over tries: an enrolment whose answer was lost is repeated with the same key. */
  #keyPem: string | undefined;
  #hub: EdgeHub | undefined;
  #edged: Edged | undefined;

  constructor(options: SimEdgeOptions, deps: SimEdgeDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#scope = new CommandScope(this.#stop.signal, {
      ...silentLogger,
      warn: (fields) => {
        if ('reason' in fields) deps.traffic.trouble = String(fields.reason);
      },
    });
  }

  get connected(): boolean {
    return this.#hub?.connected === true;
  }

  get ready(): boolean {
    return this.#edged?.status().facts?.['nodeReady'] === true;
  }

  get devices(): number {
    return this.#devices.size;
  }

  /**
   * Makes a key, gets a certificate for it and connects; after a failure it may be called again.
   * @throws KedgeError when the cloud refuses or does not answer
   */
  async start(client: EnrolmentClient, jwt: string): Promise<void> {
    const { nodeName, caPem, cloud } = this.#options;
    const keyPem = (this.#keyPem ??= createKeyPem());
    const csr = createCsr({ keyPem, subject: { commonName: nodeUser(nodeName), organizations: [NODES_GROUP] } });
    const { body, websocketPort } = await client.requestCertificate(nodeName, jwt, csr, caPem);
    const dir = join(this.#options.folder, nodeName);
    const [cert, key] = [join(dir, 'server.crt'), join(dir, 'server.key')];
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeFile(key, keyPem, { mode: 0o600 });
    await writeFile(cert, derToPem(body, 'CERTIFICATE'), { mode: 0o600 });
    await this.#run(hostPort(cloud.host, websocketPort ?? 10_000), { ca: this.#options.caPath, cert, key });
  }

  /** Every device reports a value of its own. A cloud that is away gets none: this edge stores nothing. */
  report(value: number): void {
    const { clock, traffic } = this.#deps;
    for (const id of this.#devices) {
      const twin = { temperature: { actual: { value: String(value), metadata: { timestamp: clock.now() } }, metadata: { type: 'float' } } };
      const content = { event_id: randomUUID(), timestamp: clock.now(), twin };
      const resource = deviceResource(id, 'twin/edge_updated');
      const message = newMessage({ source: 'twin', group: 'resource', operation: 'update', resource }, content);
      if (!this.#send(message)) return;
      traffic.reports += 1;
      this.#reports.set(message.header.msg_id, clock.elapsed());
    }
  }

  /** Says goodbye to the cloud. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#scope.end();
  }

  async #run(websocketServer: string, credentials: { ca: string; cert: string; key: string }): Promise<void> {
    const { nodeName, cloud, folder, version } = this.#options;
    const { clock, machine } = this.#deps;
    const bus = new Bus<EdgeEvents>();
    const link = { heartbeatSeconds: HEARTBEAT_SECONDS, maxMessageBytes: MAX_MESSAGE_BYTES, projectID: PROJECT_ID };
    const httpServer = `https://${hostPort(cloud.host, cloud.port)}`;
    const hub = new EdgeHub(
      { nodeName, websocketServer, httpServer, ...link, credentials },
      {
        bus,
        clock,
        storeId: () => this.#storeId,
        metaManager: (message) => this.#take(message),
        deviceTwin: (message) => this.#takeTwin(message),
      },
    );
    const edged = new Edged(
      { nodeName, version, dataFolder: folder, nodeStatusUpdateSeconds: NODE_STATUS_SECONDS, leaseDurationSeconds: LEASE_SECONDS },
      {
        bus,
        clock,
        machine,
        ask: (request) => this.#ask(request),
        isConnected: () => hub.connected,
        localAddress: () => hub.localAddress,
        getObject: () => undefined,
        listObjects: () => [],
      },
    );
    [this.#hub, this.#edged] = [hub, edged];
    bus.on(this.#scope, 'cloudDisconnected', () => {
      this.#reports.clear();
    });
    await edged.start(this.#scope);
    await hub.start(this.#scope);
  }

  #send(message: Message): boolean {
    this.#deps.traffic.sent(Buffer.byteLength(encodeMessage(message)));
    return this.#hub?.send(message) === true;
  }

  /** As MetaManager asks: answers to queries, inserts and leases are acknowledged. */
  async #ask(request: {
    operation: 'query' | 'insert' | 'update' | 'patch' | 'delete';
    resource: string;
    content: unknown;
    timeoutMs: number;
  }): Promise<Answer> {
    const { operation, resource, content, timeoutMs } = request;
    if (this.#hub === undefined) throw new Error('the edge is not started');
    const message = newMessage({ source: 'edged', group: 'meta', operation, resource }, content);
    this.#deps.traffic.sent(Buffer.byteLength(encodeMessage(message)));
    const response = await this.#hub.request(message, { timeoutMs, signal: this.#scope.signal });
    this.#count(response);
    if (operation === 'query' || operation === 'insert' || parseResource(resource)?.type === 'lease') this.#send(replyTo(response, 'OK'));
    return readAnswer(response);
  }

  /** What MetaManager would store. */
  #take(message: Message): Promise<void> {
    this.#count(message);
    const { operation, resource } = message.route;
    const path = parseResource(resource);
    if (path?.type === 'device') {
      if (operation === 'delete') this.#devices.delete(formatDeviceId(path));
      else this.#devices.add(formatDeviceId(path));
    }
    if (operation !== 'response') this.#send(replyTo(message, 'OK'));
    return Promise.resolve();
  }

  /** What DeviceTwin would take: only confirmations matter here. */
  #takeTwin(message: Message): Promise<void> {
    this.#count(message);
    const id = message.header.parent_msg_id ?? '';
    const sent = this.#reports.get(id);
    if (message.route.operation === 'response' && sent !== undefined) {
      this.#reports.delete(id);
      this.#deps.traffic.confirm(this.#deps.clock.elapsed() - sent);
    }
    return Promise.resolve();
  }

  #count(message: Message): void {
    this.#deps.traffic.received(Buffer.byteLength(encodeMessage(message)));
  }
}
