import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runSteps } from '../cli/steps.ts';
import type { Step, StepReport } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { adminRequest } from '../client/admin-client.ts';
import { cloudConfig, loadCloudConfig } from '../config/cloud-config.ts';
import type { CloudConfig } from '../config/cloud-config.ts';
import type { CloudPaths } from '../config/home.ts';
import { homePaths } from '../config/home.ts';
import { saveConfig } from '../config/load-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { Listener } from '../kernel/listen.ts';
import { createKubeClient } from '../kube/http-client.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import { PROFILES } from '../pki/profiles.ts';
import type { CreatedToken, TokenRequest } from '../protocol/admin.ts';
import { writeAdminKubeconfig } from '../daemons/cloud/certificates/admin-kubeconfig.ts';
import { hostPort } from '../protocol/host-port.ts';
import { defaultAdvertiseAddresses, readAdvertiseAddresses } from './advertise.ts';
import { checkMachine } from './check-machine.ts';
import { ensureApiCertificates, ensureCa, ensureCertificate, serverHosts } from '../daemons/cloud/certificates/own-certificates.ts';
import { adoptCertificates, checkCluster } from './cluster.ts';
import { DaemonProcess } from './daemon-process.ts';
import { startChanged } from './start-changed.ts';
import { claimPort } from './claim-port.ts';
import type { PortUse } from './claim-port.ts';

const PORTS = {
  websocket: { purpose: "CloudHub's websocket", flag: '--websocket-port' },
  https: { purpose: "CloudHub's enrolment", flag: '--https-port' },
  api: { purpose: 'the Kubernetes API', flag: '--api-port' },
};
const JOIN_TOKEN: TokenRequest = { ttlSeconds: 24 * 3600, uses: 0, reuse: true };

export interface InitCloudOptions {
  /** A systemd unit where systemd is the init of this machine. */
  readonly service?: boolean;
  readonly home: string;
  /** Absent or empty: what is configured, else what this machine has. */
  readonly advertiseAddress?: readonly string[];
  /** A real cluster's kubeconfig. */
  readonly kubeconfig?: string;
  /** Ports; 0 chooses a free one. Absent: what is configured, else KubeEdge's. */
  readonly websocketPort?: number;
  readonly httpsPort?: number;
  readonly apiPort?: number;
  /** Whether edges of KubeEdge 1.15 and older come in. Absent: what is configured, else not. */
  readonly legacyEdges?: boolean;
}

export interface InitCloudResult {
  readonly home: string;
  readonly advertiseAddress: readonly string[];
  /** Where edges enrol. */
  readonly cloud: string;
  readonly token: string;
  readonly joinCommand: string;
  /** What kubectl can use. */
  readonly kubeconfig: string;
  /** False when everything was right already. */
  readonly changed: boolean;
  readonly steps: readonly StepReport[];
}

/**
 * Makes a cloud in this home and starts it, or brings the one that is there to what is asked for. Safe to run again: it changes
 * nothing that is right.
 */
export async function initCloud(options: InitCloudOptions, ui: Ui): Promise<InitCloudResult> {
  const init = new CloudInit(options);
  const steps = await runSteps([...init.prepare(), ...init.launch()], ui);
  return { ...init.result(), steps };
}

/** A token of the running cloud in this home, and the command that uses it. @throws KedgeError UNREACHABLE */
export async function joinCommand(home: string): Promise<{ cloud: string; token: string; command: string }> {
  const paths = homePaths(home).cloud;
  const { advertiseAddress, https } = loadCloudConfig(paths.config).cloudHub;
  const { token } = await adminRequest<CreatedToken>(paths.socket, 'POST', '/tokens', JOIN_TOKEN);
  const cloud = hostPort(advertiseAddress[0] ?? '127.0.0.1', https.port);
  return { cloud, token, command: `kedge join edge --cloud ${cloud} --token ${token}` };
}

/** Does the same up to the start of the daemon, which the caller then runs in its own process (`--foreground`). */
export async function prepareCloud(options: InitCloudOptions, ui: Ui): Promise<void> {
  const init = new CloudInit(options);
  if (init.running) throw new KedgeError('CONFLICT', `the cloud in ${options.home} is running already`, { hint: 'kedge stop cloud' });
  await runSteps(init.prepare(), ui);
}

class CloudInit {
  readonly #options: InitCloudOptions;
  readonly #paths: CloudPaths;
  readonly #daemon: DaemonProcess;
  #config: CloudConfig = cloudConfig({});
  #changed = false;
  #join = { cloud: '', token: '', command: '' };

  constructor(options: InitCloudOptions) {
    this.#options = options;
    this.#paths = homePaths(options.home).cloud;
    this.#daemon = new DaemonProcess('cloud', options.home);
  }

  get running(): boolean {
    return this.#daemon.pid !== undefined;
  }

  prepare(): Step[] {
    return [
      { title: 'Check this machine', run: () => this.#check() },
      { title: 'Make certificates', run: () => this.#certificates() },
      { title: 'Write the configuration', run: () => this.#write() },
    ];
  }

  launch(): Step[] {
    return [
      { title: 'Start the cloud', run: () => this.#start() },
      { title: 'Wait until it is ready', run: (progress) => this.#ready(progress) },
      { title: 'Get a join token', run: () => this.#makeToken() },
    ];
  }

  result(): Omit<InitCloudResult, 'steps'> {
    const { cloud, token, command } = this.#join;
    return {
      home: this.#daemon.home,
      advertiseAddress: this.#config.cloudHub.advertiseAddress,
      cloud,
      token,
      joinCommand: command,
      kubeconfig: this.#config.controlPlane.kubeconfig ?? this.#paths.adminKubeconfig,
      changed: this.#changed,
    };
  }

  async #check(): Promise<string> {
    const home = await checkMachine(this.#daemon.home, this.#paths);
    const present = readPresent(this.#paths.config);
    this.#config = await this.#wanted(present);
    this.#changed = !isDeepStrictEqual(present, this.#config);
    return home;
  }

  async #wanted(present: CloudConfig | undefined): Promise<CloudConfig> {
    const { kubeconfig, advertiseAddress = [], legacyEdges = present?.cloudHub.legacyEdges ?? false } = this.#options;
    const base = present ?? cloudConfig({ cloudHub: { advertiseAddress: defaultAdvertiseAddresses() } });
    const { cloudHub, controlPlane } = base;
    const given = readAdvertiseAddresses(advertiseAddress);
    const merged = cloudConfig({
      ...base,
      cloudHub: { ...cloudHub, ...(given.length > 0 && { advertiseAddress: given }), legacyEdges },
      controlPlane: { ...controlPlane, ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }) },
    });
    return this.#claimPorts(merged, present);
  }

  async #claimPorts(config: CloudConfig, present: CloudConfig | undefined): Promise<CloudConfig> {
    const { websocketPort, httpsPort, apiPort } = this.#options;
    const { cloudHub, controlPlane } = config;
    const { websocket, https } = cloudHub;
    const own = present?.cloudHub;
    const embedded = controlPlane.kubeconfig === undefined;
    return cloudConfig({
      ...config,
      cloudHub: {
        ...cloudHub,
        websocket: await this.#claim(websocket, websocketPort, own?.websocket, PORTS.websocket),
        https: await this.#claim(https, httpsPort, own?.https, PORTS.https),
      },
      controlPlane: embedded
        ? { ...controlPlane, ...(await this.#claim(controlPlane, apiPort, present?.controlPlane, PORTS.api)) }
        : controlPlane,
    });
  }

  /** A free port that was chosen once stays; a port of our own running daemon is in use, and rightly so. */
  async #claim(configured: Listener, given: number | undefined, present: Listener | undefined, use: PortUse): Promise<Listener> {
    const { address } = configured;
    const port = given === undefined || (given === 0 && present !== undefined) ? configured.port : given;
    if (this.running && port === present?.port) return { address, port };
    return { address, port: await claimPort({ address, port }, use) };
  }

  async #certificates(): Promise<string> {
    const { advertiseAddress } = this.#config.cloudHub;
    const hosts = serverHosts(advertiseAddress);
    const { kubeconfig } = this.#config.controlPlane;
    const cluster = kubeconfig === undefined ? undefined : await this.#cluster(kubeconfig, hosts);
    const { pair: ca, made } = await ensureCa(this.#paths.ca, PROFILES.ca);
    const present = readPresent(this.#paths.config);
    const force = present !== undefined && !isDeepStrictEqual(present.cloudHub.advertiseAddress, advertiseAddress);
    const server = await ensureCertificate(this.#paths.server, { ca, profile: PROFILES.cloudServer, hosts, force });
    const api = kubeconfig === undefined && (await ensureApiCertificates(this.#paths, this.#config.controlPlane.address));
    this.#changed ||= made || server || api || cluster?.adopted === true;
    const names = `for ${advertiseAddress.join(', ')}`;
    if (cluster !== undefined)
      return `${cluster.adopted ? "the cluster's CA" : made ? 'new CA' : 'CA unchanged'}, ${names}, ${cluster.version}`;
    return made || server || api ? names : `unchanged, ${names}`;
  }

  async #cluster(kubeconfig: string, hosts: readonly string[]): Promise<{ version: string; adopted: boolean }> {
    const kube = createKubeClient(await loadCredentials(kubeconfig));
    try {
      const version = `Kubernetes ${await checkCluster(kube)}`;
      return { version, adopted: await adoptCertificates(kube, this.#paths, hosts) };
    } finally {
      kube.close();
    }
  }

  async #write(): Promise<string> {
    const { controlPlane } = this.#config;
    if (controlPlane.kubeconfig === undefined && (await writeAdminKubeconfig(this.#paths, controlPlane))) this.#changed = true;
    if (!isDeepStrictEqual(readPresent(this.#paths.config), this.#config)) await saveConfig(this.#paths.config, this.#config);
    return this.#paths.config;
  }

  async #start(): Promise<string> {
    const { detail, changed } = await startChanged(this.#daemon, this.#changed, this.#options.service === true);
    this.#changed ||= changed;
    return detail;
  }

  async #ready(progress: (detail: string) => void): Promise<string> {
    await this.#daemon.untilReady(progress);
    const { kubeconfig } = this.#config.controlPlane;
    const kube = createKubeClient(await loadCredentials(kubeconfig ?? this.#paths.adminKubeconfig));
    await kube.raw('/healthz').finally(() => {
      kube.close();
    });
    return `process ${this.#daemon.pid ?? 0}`;
  }

  async #makeToken(): Promise<string> {
    this.#join = await joinCommand(this.#daemon.home);
    return 'good for any number of edges, 12 hours at least';
  }
}

function readPresent(path: string): CloudConfig | undefined {
  try {
    return loadCloudConfig(path);
  } catch (error) {
    if (error instanceof KedgeError && error.code === 'NOT_INSTALLED') return undefined;
    throw error;
  }
}
