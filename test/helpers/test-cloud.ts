import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { adminRequest } from '../../src/client/admin-client.ts';
import { cloudConfig } from '../../src/config/cloud-config.ts';
import type { CloudLimits } from '../../src/config/cloud-config.ts';
import { homePaths } from '../../src/config/home.ts';
import type { CloudPaths } from '../../src/config/home.ts';
import { saveConfig } from '../../src/config/load-config.ts';
import { createCloud } from '../../src/daemons/cloud.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { DaemonState, runDaemon } from '../../src/kernel/daemon.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import type { Logger } from '../../src/kernel/log.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { dialHub } from '../../src/link/hub-client.ts';
import type { HubConnection } from '../../src/link/hub-client.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { altNamesOf } from '../../src/pki/names.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import type { StatusReport } from '../../src/protocol/admin.ts';
import { decodeMessage, encodeMessage, newMessage, replyTo } from '../../src/protocol/message.ts';
import type { Message, Route } from '../../src/protocol/message.ts';
import { writeAdminKubeconfig } from '../../src/daemons/cloud/certificates/admin-kubeconfig.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './kedge.ts';

/** A whole cloud daemon in this process, in a home of its own. */
export interface TestCloud {
  readonly kube: KubeClient;
  readonly home: string;
  readonly paths: CloudPaths;
  readonly ca: KeyPair;
  readonly websocketPort: number;
  readonly httpsPort: number;
  /** Of the embedded control plane. */
  readonly apiPort: number;
  status(): Promise<StatusReport>;
  /** A pair of an edge that is enrolled. */
  edgePair(nodeName: string, days?: number): KeyPair;
  /** Stops the daemon and starts it again on the same home. */
  restart(): Promise<void>;
  /** The two halves of a restart. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  /** Stops the daemon and removes its home. */
  stop(): Promise<void>;
}

/** On the embedded control plane, or on the cluster of `kubeconfig`; `adminKubeconfig` is for the test itself, when the cloud's user may do less. */
export async function startCloud(
  options: {
    kubeconfig?: string;
    adminKubeconfig?: string;
    keepaliveIntervalSeconds?: number;
    nodeMonitorGracePeriodSeconds?: number;
    nodeLimit?: number;
    edgeCertSigningDays?: number;
    lateRenewalDays?: number;
    limits?: Partial<CloudLimits>;
    legacyEdges?: boolean;
    log?: Logger;
  } = {},
): Promise<TestCloud> {
  const home = await mkdtemp(join(tmpdir(), 'kedge-cloud-'));
  const paths = homePaths(home).cloud;
  const [websocketPort = 0, httpsPort = 0, apiPort = 0] = await freePorts(3);
  const { kubeconfig, keepaliveIntervalSeconds = 3_600, nodeMonitorGracePeriodSeconds = 40, nodeLimit = 1000 } = options;
  const { edgeCertSigningDays = 365, lateRenewalDays = 30, legacyEdges = false } = options;
  const config = cloudConfig({
    cloudHub: {
      websocket: { address: '127.0.0.1', port: websocketPort },
      https: { address: '127.0.0.1', port: httpsPort },
      keepaliveIntervalSeconds,
      nodeLimit,
      edgeCertSigningDays,
      lateRenewalDays,
      legacyEdges,
    },
    limits: options.limits ?? {},
    controlPlane: { port: apiPort, nodeMonitorGracePeriodSeconds, ...(kubeconfig !== undefined && { kubeconfig }) },
  });
  const ca = await writeCertificates(paths);
  await writeAdminKubeconfig(paths, config.controlPlane);
  await saveConfig(paths.config, config);
  const kube = createKubeClient(await loadCredentials(options.adminKubeconfig ?? kubeconfig ?? paths.adminKubeconfig));
  const start = async (): Promise<() => Promise<void>> => {
    const state = new DaemonState();
    const stopping = new AbortController();
    const log = options.log ?? silentLogger;
    const modules = await createCloud({ config, paths, state, version: '0.0.0', clock: systemClock });
    let ended: Promise<number> = Promise.resolve(0);
    await new Promise<void>((onReady, onFailure) => {
      ended = runDaemon(modules, { log, state, signal: stopping.signal, onReady });
      ended.catch(onFailure);
    });
    return async () => {
      stopping.abort(0);
      await ended;
    };
  };
  let stop = await start();
  const halt = (): Promise<void> => stop();
  const resume = async (): Promise<void> => {
    stop = await start();
  };
  return {
    kube,
    home,
    paths,
    ca,
    websocketPort,
    httpsPort,
    apiPort,
    status: () => adminRequest<StatusReport>(paths.socket, 'GET', '/status'),
    edgePair: (nodeName, days = 365) =>
      issueKeyPair({
        ca,
        profile: PROFILES.edgeClient,
        subject: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] },
        days,
      }),
    halt,
    resume,
    restart: async () => {
      await halt();
      await resume();
    },
    stop: async () => {
      await stop();
      kube.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function writeCertificates(paths: CloudPaths): Promise<KeyPair> {
  const write = async (files: { cert: string; key: string }, { certPem, keyPem }: KeyPair): Promise<void> => {
    await mkdir(dirname(files.cert), { recursive: true });
    await writeFile(files.cert, certPem);
    await writeFile(files.key, keyPem, { mode: 0o600 });
  };
  const sans = altNamesOf(['127.0.0.1', 'localhost']);
  const [ca, kubernetesCa] = [createCa(PROFILES.ca), createCa(PROFILES.kubernetesCa)];
  await write(paths.ca, ca);
  await write(paths.server, issueKeyPair({ ca, profile: PROFILES.cloudServer, sans }));
  await write(paths.kubernetesCa, kubernetesCa);
  await write(paths.apiserver, issueKeyPair({ ca: kubernetesCa, profile: PROFILES.apiserver, sans }));
  await write(paths.admin, issueKeyPair({ ca: kubernetesCa, profile: PROFILES.admin }));
  return ca;
}

/** An edge's end of the hub connection, led by the test. */
export class TestEdge {
  readonly nodeName: string;
  readonly received: Message[] = [];
  /** Acknowledges what is pushed, as an edge's MetaManager does. */
  acknowledges = true;
  #connection: HubConnection | undefined;
  readonly #stop = new AbortController();

  constructor(nodeName: string) {
    this.nodeName = nodeName;
  }

  static async connect(
    cloud: TestCloud,
    nodeName: string,
    dial: { pair?: KeyPair; headers?: Record<string, string> } = {},
  ): Promise<TestEdge> {
    const edge = new TestEdge(nodeName);
    await edge.connect(cloud, dial);
    return edge;
  }

  async connect(
    cloud: TestCloud,
    { pair = cloud.edgePair(this.nodeName), headers = {} }: { pair?: KeyPair; headers?: Record<string, string> } = {},
  ): Promise<void> {
    this.#connection = await dialHub({
      url: `wss://127.0.0.1:${cloud.websocketPort}/project/${this.nodeName}/events`,
      headers: { node_id: this.nodeName, project_id: 'project', ConnectionUse: 'msg', ...headers },
      tls: { ca: cloud.ca.certPem, cert: pair.certPem, key: pair.keyPem },
      maxMessageBytes: 8 * 1024 * 1024,
      clock: systemClock,
      signal: this.#stop.signal,
      onText: (text) => this.#receive(text),
    });
    this.#connection.resume();
  }

  /** Why the connection has ended, once it has. */
  get closed(): Promise<string> {
    return this.#connection?.closed ?? Promise.reject(new Error('not connected'));
  }

  sendText(text: string): void {
    this.#connection?.send(text);
  }

  /** Sends a message as an edge's module does; returns it. */
  tell(route: Partial<Route>, content: unknown): Message {
    const message = newMessage({ source: 'edged', group: 'meta', operation: 'query', resource: '', ...route }, content);
    this.sendText(encodeMessage(message));
    return message;
  }

  /** Sends a message and waits for the answer to it. */
  async ask(route: Partial<Route>, content: unknown = null): Promise<Message> {
    const { header } = this.tell(route, content);
    return this.next((message) => message.header.parent_msg_id === header.msg_id);
  }

  /** The first message received, now or later, that fits. */
  next(fits: (message: Message) => boolean, what = 'the expected message'): Promise<Message> {
    return eventually(() => this.received.find(fits), what);
  }

  /** The first push with this operation and resource from `since` on. */
  pushed(operation: string, resource: string, since = 0): Promise<Message> {
    const fits = ({ route, header }: Message): boolean =>
      header.parent_msg_id === undefined && route.operation === operation && route.resource === resource;
    return eventually(() => this.received.slice(since).find(fits), `${operation} ${resource}`);
  }

  /** `operation resource` of everything pushed from `since` on. */
  pushes(since = 0): string[] {
    return this.received
      .slice(since)
      .filter(({ header }) => header.parent_msg_id === undefined)
      .map(({ route }) => `${route.operation ?? ''} ${route.resource ?? ''}`);
  }

  async disconnect(): Promise<void> {
    await this.#connection?.close();
    await nextTurn();
  }

  #receive(text: string): void {
    const message = decodeMessage(text);
    const { operation, group } = message.route;
    this.received.push(message);
    if (this.acknowledges && group === 'resource' && operation !== 'error') this.sendText(encodeMessage(replyTo(message, 'OK')));
  }
}
