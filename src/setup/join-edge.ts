import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { runSteps, type Step, type StepReport } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { edgeConfig, findEdgeConfig, type EdgeConfig } from '../config/edge-config.ts';
import { homePaths, type EdgePaths } from '../config/home.ts';
import { saveConfig } from '../config/load-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import { writeSecretFile } from '../kernel/secret-file.ts';
import { splitToken } from '../pki/join-token.ts';
import type { JoinToken } from '../pki/join-token.ts';
import type { StatusReport } from '../protocol/admin.ts';
import { hostPort, parseHostPort } from '../protocol/host-port.ts';
import type { ProxySettings } from '../protocol/proxy.ts';
import { checkMachine } from './check-machine.ts';
import { checkWebsocket } from './check-websocket.ts';
import { chooseNodeName } from './choose-node-name.ts';
import { DaemonProcess } from './daemon-process.ts';
import { startChanged } from './start-changed.ts';
import { checkSameCloud, enrol, validIdentity } from './edge-identity.ts';
import { makeDmiFolders, withDmiSocket } from './dmi-socket.ts';
import { EnrolmentClient } from '../daemons/edge/edgehub/enrolment-client.ts';
import { MqttChoice } from './mqtt-choice.ts';
import type { MqttChoiceOptions } from './mqtt-choice.ts';
import { chooseProxy, withoutProxy } from './choose-proxy.ts';
import type { ProxyOptions } from './choose-proxy.ts';

const HTTPS_PORT = 10_002;
const WEBSOCKET_PORT = 10_000;

export interface JoinEdgeOptions {
  /** A systemd unit where systemd is the init of this machine. */
  readonly service?: boolean;
  readonly home: string;
  /** `HOST[:10002]`; absent: the cloud that this edge has joined before. */
  readonly cloud?: string;
  /** Asked when `cloud` is absent and this edge has joined none. */
  readonly askCloud?: () => Promise<string>;
  /** Asked, with the host name as proposal, when `nodeName` is absent and the cloud had to be asked for, too. */
  readonly askNodeName?: (initial: string) => Promise<string>;
  /** Asked when there is no valid certificate yet. */
  readonly token: () => Promise<string>;
  /** The token was given with the command: it is used, too, when the cloud no longer accepts the certificate. */
  readonly tokenGiven?: boolean;
  /** Absent: what is configured, else the host name. */
  readonly nodeName?: string;
  /** `HOST:PORT` of CloudHub's websocket where the cloud's own word does not hold, as behind a port forwarding. */
  readonly websocket?: string;
  /** How the cloud is reached; absent: as configured. */
  readonly proxy?: ProxyOptions;
  /** Where mappers find DMI; absent: as configured. */
  readonly dmiSocket?: string;
  /** Which MQTT broker; ports absent or empty: what is configured, else 1884, and 1883 where it is free. */
  readonly mqtt?: MqttChoiceOptions;
}

export interface JoinEdgeResult {
  readonly home: string;
  readonly nodeName: string;
  readonly cloud: string;
  readonly mqtt: readonly string[];
  /** False when everything was right already. */
  readonly changed: boolean;
  readonly steps: readonly StepReport[];
}

/**
 * Makes this machine an edge and starts it; done once the cloud has its session and the Node is Ready. Safe to run again after
 * whatever interruption: it goes on from the last good step.
 */
export async function joinEdge(options: JoinEdgeOptions, ui: Ui): Promise<JoinEdgeResult> {
  const join = new EdgeJoin(options, ui);
  await join.ask();
  const steps = await runSteps([...join.prepare(), ...join.launch()], ui);
  return { ...join.result(), steps };
}

/** Does the same up to the start of the daemon, which the caller then runs in its own process (`--foreground`). */
export async function prepareEdge(options: JoinEdgeOptions, ui: Ui): Promise<void> {
  const join = new EdgeJoin(options, ui);
  await join.ask();
  await runSteps(join.prepare(), ui);
}

class EdgeJoin {
  readonly #options: JoinEdgeOptions;
  readonly #ui: Ui;
  readonly #paths: EdgePaths;
  readonly #daemon: DaemonProcess;
  readonly #present: EdgeConfig | undefined;
  readonly #mqtt: MqttChoice;
  readonly #via: ProxySettings;
  readonly #deviceTwin: Partial<EdgeConfig['deviceTwin']>;
  #nodeName = '';
  #cloud = { host: '', port: HTTPS_PORT };
  #token: JoinToken | undefined;
  #websocket: string | undefined;
  #websocketPort: number | undefined;
  #changed = false;

  constructor(options: JoinEdgeOptions, ui: Ui) {
    this.#options = options;
    this.#ui = ui;
    this.#paths = homePaths(options.home).edge;
    this.#daemon = new DaemonProcess('edge', options.home);
    this.#present = findEdgeConfig(this.#paths.config);
    this.#via = chooseProxy(options.proxy ?? {}, this.#present?.edgeHub);
    this.#deviceTwin = withDmiSocket(this.#present?.deviceTwin, options.dmiSocket);
    this.#mqtt = new MqttChoice(this.#paths, options.mqtt ?? {}, this.#present?.eventBus);
  }

  /** Gathers what only a person can know, before anything is done. */
  async ask(): Promise<void> {
    const { nodeName, askCloud, askNodeName, token, websocket } = this.#options;
    const known = this.#options.cloud ?? this.#present?.edgeHub.httpServer;
    if (nodeName !== undefined || known !== undefined) this.#nodeName = chooseNodeName(nodeName, this.#present);
    const cloud = known ?? (await askCloud?.());
    if (cloud === undefined) throw new KedgeError('USAGE', '--cloud is missing', { hint: 'give --cloud HOST:10002' });
    this.#cloud = parseHostPort(cloud, HTTPS_PORT);
    if (this.#nodeName === '') this.#nodeName = chooseNodeName(await askNodeName?.(hostname().toLowerCase()), this.#present);
    if (websocket !== undefined) this.#websocket = normalHostPort(websocket);
    await this.#mqtt.ask();
    if ((await validIdentity(this.#paths, this.#nodeName)) === undefined) this.#token = splitToken(await token());
  }

  prepare(): Step[] {
    return [
      { title: 'Check this machine', run: (progress) => this.#check(progress) },
      { title: 'Get a certificate', run: (progress) => this.#certificate(progress) },
      { title: 'Write the configuration', run: () => this.#write() },
    ];
  }

  launch(): Step[] {
    return [
      { title: 'Start the edge', run: () => this.#start() },
      { title: 'Wait until the cloud knows the node', run: (progress) => this.#ready(progress) },
    ];
  }

  result(): Omit<JoinEdgeResult, 'steps'> {
    return {
      home: this.#daemon.home,
      nodeName: this.#nodeName,
      cloud: hostPort(this.#cloud.host, this.#cloud.port),
      mqtt: this.#mqtt.urls,
      changed: this.#changed,
    };
  }

  async #check(progress: (detail: string) => void): Promise<string> {
    await checkMachine(this.#daemon.home, this.#paths);
    await this.#mqtt.claimPorts(this.#daemon.pid !== undefined, (text) => {
      this.#ui.line(`${this.#ui.colors.yellow('warning:')} ${text}`);
    });
    if (this.#mqtt.needsCheck) {
      progress('logging in to the MQTT broker');
      await this.#mqtt.checkBroker(this.#nodeName);
    }
    return `node ${this.#nodeName}, home ${this.#daemon.home}`;
  }

  async #certificate(progress: (detail: string) => void): Promise<string> {
    const client = new EnrolmentClient(this.#cloud, this.#via);
    const token = this.#token ?? (await this.#tokenToRetake(client));
    if (token === undefined) return 'there is a valid one';
    await this.#pin(client, token, progress);
    progress('asking for the certificate');
    const answer = await enrol(this.#paths, client, this.#nodeName, token.jwt);
    this.#websocketPort = answer.websocketPort;
    this.#changed = true;
    return `for node ${this.#nodeName}`;
  }

  /** A certificate that looks well here may be void in the cloud, when another edge has taken the name over. */
  async #tokenToRetake(client: EnrolmentClient): Promise<JoinToken | undefined> {
    const identity = await validIdentity(this.#paths, this.#nodeName);
    if (identity === undefined) return undefined;
    this.#websocketPort = await client.websocketPort(identity.caPem);
    if (await client.accepts(identity, this.#nodeName, identity.caPem)) return undefined;
    if (this.#options.tokenGiven === true) return splitToken(await this.#options.token());
    throw new KedgeError('AUTH', `another edge has taken the name ${this.#nodeName} over`, {
      hint: `to take it back, join with a token of: kedge token create --node ${this.#nodeName}`,
    });
  }

  async #pin(client: EnrolmentClient, token: JoinToken, progress: (detail: string) => void): Promise<void> {
    await checkSameCloud(this.#paths, token);
    progress("comparing the cloud's CA with the token");
    const caPem = await client.fetchCa(token);
    await writeSecretFile(this.#paths.caCert, caPem);
  }

  async #write(): Promise<string> {
    if (this.#websocket !== undefined && this.#websocket !== this.#present?.edgeHub.websocketServer)
      await checkWebsocket(parseHostPort(this.#websocket, WEBSOCKET_PORT), await validIdentity(this.#paths, this.#nodeName), this.#via);
    const config = edgeConfig({
      ...this.#present,
      nodeName: this.#nodeName,
      edgeHub: {
        ...withoutProxy(this.#present?.edgeHub),
        ...this.#via,
        websocketServer: this.#websocketServer(),
        httpServer: `https://${hostPort(this.#cloud.host, this.#cloud.port)}`,
      },
      deviceTwin: this.#deviceTwin,
      eventBus: this.#mqtt.config,
    });
    if (this.#mqtt.isNew || !isDeepStrictEqual(this.#present, config)) {
      await this.#mqtt.writeFiles();
      await makeDmiFolders(config, this.#paths);
      await saveConfig(this.#paths.config, config);
      this.#changed = true;
    }
    return this.#paths.config;
  }

  /** What was given, else what the cloud said just now, else what it said when this edge joined. */
  #websocketServer(): string {
    if (this.#websocket !== undefined) return this.#websocket;
    const known = this.#present?.edgeHub.websocketServer;
    const knownPort = known === undefined ? WEBSOCKET_PORT : parseHostPort(known, WEBSOCKET_PORT).port;
    return hostPort(this.#cloud.host, this.#websocketPort ?? knownPort);
  }

  async #start(): Promise<string> {
    const { detail, changed } = await startChanged(this.#daemon, this.#changed, this.#options.service === true);
    this.#changed ||= changed;
    return detail;
  }

  async #ready(progress: (detail: string) => void): Promise<string> {
    await this.#daemon.untilReady(progress, stillMissing);
    return `node ${this.#nodeName} is Ready`;
  }
}

/** An edge has joined when the cloud holds its session and has its Node as Ready. */
export function stillMissing({ modules }: StatusReport): string | undefined {
  const hub = modules.find(({ name }) => name === 'edgehub');
  if (hub?.facts?.['connected'] !== true) return hub?.detail ?? 'connecting to the cloud';
  const edged = modules.find(({ name }) => name === 'edged');
  return edged?.facts?.['nodeReady'] === true ? undefined : (edged?.detail ?? 'registering the node');
}

function normalHostPort(text: string): string {
  const { host, port } = parseHostPort(text, WEBSOCKET_PORT);
  return hostPort(host, port);
}
