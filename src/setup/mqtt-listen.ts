import { isDeepStrictEqual } from 'node:util';
import { runSteps } from '../cli/steps.ts';
import type { Step } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { readEdgeModule } from '../client/status.ts';
import { listenerUrl } from '../config/broker-config.ts';
import type { MqttListener } from '../config/broker-config.ts';
import { edgeConfig, loadEdgeConfig } from '../config/edge-config.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import { brokerUrl } from '../config/external-broker.ts';
import { homePaths } from '../config/home.ts';
import type { EdgePaths } from '../config/home.ts';
import { saveConfig } from '../config/load-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import { claimPort } from './claim-port.ts';
import { DaemonProcess } from './daemon-process.ts';
import { checkListenerFiles, listenerTls, makeListenerCertificate } from './mqtt-listener-tls.ts';
import type { ListenerFiles } from './mqtt-listener-tls.ts';
import { isSamePlace } from './mqtt-listeners.ts';
import { reloadEventBus } from './reload-event-bus.ts';

export interface MqttListenOptions extends ListenerFiles {
  /** `mqtt://ADDRESS:PORT` or `mqtts://ADDRESS:PORT`. */
  readonly url: string;
  /** More names for the certificate that kedge makes. */
  readonly hosts?: readonly string[] | undefined;
}

export interface MqttListenResult {
  readonly url: string;
  /** The CA that clients must trust; absent for certificates of the person's own, and without TLS. */
  readonly ca?: string;
  /** False when everything was so already. */
  readonly changed: boolean;
  /** False while the edge is not running, or in mode external: it takes effect later. */
  readonly active: boolean;
}

/**
 * Lets the embedded broker listen on one more address, or otherwise on one that it has; a running edge does so at once.
 * @throws KedgeError NOT_INSTALLED, USAGE, INVALID_INPUT, CONFLICT, CERTIFICATE, PORT_IN_USE; then all is as before
 */
export async function addMqttListener(home: string, options: MqttListenOptions, ui: Ui): Promise<MqttListenResult> {
  const change = new ListenChange(home);
  const { paths, listen } = change;
  const { secure, ...place } = readUrl(options.url);
  const { cert, key, clientCa, hosts = [] } = options;
  if (!secure && [cert, key, clientCa, ...hosts].some((value) => value !== undefined)) {
    throw new KedgeError('USAGE', `certificates are for mqtts://, and ${options.url} is without TLS`);
  }
  const before = listen.find((other) => isSamePlace(other, place));
  const { allowAnonymous } = before ?? {};
  const tls = secure && { tls: listenerTls(paths, options) };
  const listener: MqttListener = { ...place, ...tls, ...(allowAnonymous !== undefined && { allowAnonymous }) };
  checkOverlap(listener, listen);
  const isMade = secure && cert === undefined;
  const next = before === undefined ? [...listen, listener] : listen.map((other) => (other === before ? listener : other));
  const check = { title: 'Check the address', run: () => change.check(listener, options) };
  const make = { title: 'Make a certificate', run: () => change.makeCertificate([place.address, ...hosts]) };
  await runSteps([check, ...(isMade ? [make] : []), ...change.steps(next)], ui);
  const url = listenerUrl(listener);
  await warnClosed(home, url, change, ui);
  return { url, ...(isMade && { ca: paths.mqttCa.cert }), changed: change.isChanged, active: change.isActive };
}

/** Takes an address away. @throws KedgeError NOT_INSTALLED, NOT_FOUND, or INVALID_INPUT when it is the last one */
export async function removeMqttListener(home: string, url: string, ui: Ui): Promise<MqttListenResult> {
  const change = new ListenChange(home);
  const wanted = listenerUrl(tlsOf(readUrl(url)));
  const left = change.listen.filter((other) => listenerUrl(other) !== wanted);
  if (left.length === change.listen.length) {
    throw new KedgeError('NOT_FOUND', `the MQTT broker does not listen on ${wanted}`, { hint: 'kedge mqtt listen list' });
  }
  if (left.length === 0) {
    throw new KedgeError('INVALID_INPUT', `${wanted} is the last address of the MQTT broker`, {
      hint: 'add another one first: kedge mqtt listen add',
    });
  }
  await runSteps(change.steps(left), ui);
  return { url: wanted, changed: change.isChanged, active: change.isActive };
}

class ListenChange {
  readonly paths: EdgePaths;
  readonly #daemon: DaemonProcess;
  readonly #present: EdgeConfig;
  isChanged = false;
  isActive = false;

  constructor(home: string) {
    this.paths = homePaths(home).edge;
    this.#present = loadEdgeConfig(this.paths.config);
    this.#daemon = new DaemonProcess('edge', home);
  }

  get listen(): readonly MqttListener[] {
    return this.#present.eventBus.listen;
  }

  /** Before anything is written: what is of no use changes nothing. */
  async check(listener: MqttListener, files: ListenerFiles): Promise<string> {
    await checkListenerFiles(files);
    const isOurs = this.#isOpen && this.listen.some((other) => isSamePlace(other, listener));
    if (!isOurs) await claim(listener);
    return listenerUrl(listener);
  }

  async makeCertificate(hosts: readonly string[]): Promise<string> {
    const isMade = await makeListenerCertificate(this.paths, hosts);
    this.isChanged ||= isMade;
    return isMade ? this.paths.mqtt.cert : `${this.paths.mqtt.cert}, as before`;
  }

  steps(listen: readonly MqttListener[]): Step[] {
    return [
      { title: 'Write the configuration', run: () => this.#write(listen) },
      { title: 'Change over', run: () => this.#changeOver() },
    ];
  }

  async #write(listen: readonly MqttListener[]): Promise<string> {
    const { config: path } = this.paths;
    const next = edgeConfig({ ...this.#present, eventBus: { ...this.#present.eventBus, listen } });
    if (isDeepStrictEqual(this.#present, next)) return `${path}, as before`;
    await saveConfig(path, next);
    this.isChanged = true;
    return path;
  }

  /** Asked of the daemon even when nothing was written: a file of a certificate may hold another one now. */
  async #changeOver(): Promise<string> {
    const reloaded = await reloadEventBus(this.#daemon, this.#present);
    if (reloaded === undefined) return 'the edge is not running';
    this.isActive = this.#isOpen;
    return this.isActive ? 'done' : 'in mode external the embedded broker does not run';
  }

  get #isOpen(): boolean {
    return this.#daemon.pid !== undefined && this.#present.eventBus.mode !== 'external';
  }
}

async function claim(listener: MqttListener): Promise<void> {
  try {
    await claimPort(listener, { purpose: 'the MQTT broker', flag: 'the URL' });
  } catch (error) {
    if (!(error instanceof KedgeError) || error.code !== 'INVALID_INPUT') throw error;
    const hint = 'name an address of this machine; 0.0.0.0 and [::] are all of them';
    throw new KedgeError(error.code, error.message, { hint, cause: error });
  }
}

/** One that is for all addresses and one that is not cannot have the same port. @throws KedgeError CONFLICT */
function checkOverlap(listener: MqttListener, listen: readonly MqttListener[]): void {
  const isAll = ({ address }: MqttListener): boolean => ['0.0.0.0', '::'].includes(address);
  const same = listen.find((other) => other.port === listener.port && !isSamePlace(other, listener) && (isAll(other) || isAll(listener)));
  if (same === undefined) return;
  throw new KedgeError('CONFLICT', `port ${listener.port} is taken by ${listenerUrl(same)} of the same broker`, {
    hint: `choose another port, or first: kedge mqtt listen delete ${listenerUrl(same)}`,
  });
}

async function warnClosed(home: string, url: string, { isActive }: ListenChange, ui: Ui): Promise<void> {
  if (!isActive) return;
  const { closed } = await readEdgeModule(home, 'eventbus');
  if (!Array.isArray(closed) || !closed.includes(url)) return;
  ui.line(`${ui.colors.yellow('warning:')} ${url} refuses everybody until there is a user: kedge mqtt user add NAME`);
}

/** @throws KedgeError INVALID_INPUT */
function readUrl(text: string): { secure: boolean; address: string; port: number } {
  const url = brokerUrl(text);
  const [, scheme, address = '', port] = /^(mqtts?):\/\/(.*):(\d+)$/.exec(url) ?? [];
  return { secure: scheme === 'mqtts', address: address.replace(/^\[(.*)\]$/, '$1').toLowerCase(), port: Number(port) };
}

function tlsOf({ secure, ...place }: ReturnType<typeof readUrl>): Parameters<typeof listenerUrl>[0] {
  return secure ? { ...place, tls: {} } : place;
}
