import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';
import type { Ui } from '../cli/ui.ts';
import { runSteps } from '../cli/steps.ts';
import { edgeConfig, loadEdgeConfig } from '../config/edge-config.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import type { MqttListener } from '../config/broker-config.ts';
import { brokerUrl } from '../config/external-broker.ts';
import { homePaths } from '../config/home.ts';
import type { EdgePaths } from '../config/home.ts';
import { saveConfig } from '../config/load-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import { PROFILES } from '../pki/profiles.ts';
import { defaultAdvertiseAddresses } from './advertise.ts';
import { ensureCa, ensureCertificate } from '../daemons/cloud/certificates/own-certificates.ts';
import { DaemonProcess } from './daemon-process.ts';

export interface MqttListenOptions {
  /** `mqtt://ADDRESS:PORT` or `mqtts://ADDRESS:PORT`. */
  readonly url: string;
  /** With TLS: files of the person's own; absent: kedge makes them. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
  /** More names for the certificate that kedge makes. */
  readonly hosts?: readonly string[] | undefined;
}

export interface MqttListenResult {
  readonly url: string;
  /** The CA that clients must trust; absent for certificates of the person's own, and without TLS. */
  readonly ca?: string;
  readonly changed: boolean;
}

/** Lets the embedded broker listen on one more address, and restarts a running edge. @throws KedgeError NOT_INSTALLED, INVALID_INPUT */
export async function addMqttListener(home: string, options: MqttListenOptions, ui: Ui): Promise<MqttListenResult> {
  const paths = homePaths(home).edge;
  const { secure, address, port } = readUrl(options.url);
  const present = loadEdgeConfig(paths.config);
  if (!secure && (options.cert ?? options.key ?? options.clientCa) !== undefined) {
    throw new KedgeError('INVALID_INPUT', `certificates are for mqtts://, and ${options.url} is without TLS`);
  }
  const made = secure && options.cert === undefined;
  const isNew = made && (await makeCertificate(paths, [address, ...(options.hosts ?? [])]));
  const tls = secure
    ? { tls: { ...filesOf(paths, options), ...(options.clientCa !== undefined && { clientCa: resolve(options.clientCa) }) } }
    : {};
  const others = present.eventBus.listen.filter((other) => other.address !== address || other.port !== port);
  const changed = await change(home, present, [...others, { address, port, ...tls }], isNew, ui);
  return { url: `${secure ? 'mqtts' : 'mqtt'}://${options.url.replace(/^.*:\/\//, '')}`, ...(made && { ca: mqttCa(paths).cert }), changed };
}

/** Takes an address away. @throws KedgeError NOT_FOUND, or INVALID_INPUT when it is the last one */
export async function removeMqttListener(home: string, url: string, ui: Ui): Promise<MqttListenResult> {
  const { address, port } = readUrl(url);
  const present = loadEdgeConfig(homePaths(home).edge.config);
  const left = present.eventBus.listen.filter((other) => other.address !== address || other.port !== port);
  if (left.length === present.eventBus.listen.length) {
    throw new KedgeError('NOT_FOUND', `the MQTT broker does not listen on ${url}`, { hint: 'kedge mqtt status shows where it does' });
  }
  if (left.length === 0)
    throw new KedgeError('INVALID_INPUT', `${url} is the last address of the MQTT broker`, { hint: 'add another one before' });
  return { url, changed: await change(home, present, left, false, ui) };
}

async function change(home: string, present: EdgeConfig, listen: readonly MqttListener[], force: boolean, ui: Ui): Promise<boolean> {
  const paths = homePaths(home).edge;
  const config = edgeConfig({ ...present, eventBus: { ...present.eventBus, listen: sorted(listen) } });
  const before = edgeConfig({ ...present, eventBus: { ...present.eventBus, listen: sorted(present.eventBus.listen) } });
  if (!force && isDeepStrictEqual(before, config)) return false;
  const daemon = new DaemonProcess('edge', home);
  await runSteps(
    [
      { title: 'Write the configuration', run: () => saveConfig(paths.config, config).then(() => paths.config) },
      {
        title: 'Restart the edge',
        run: async (progress) => {
          if ((await daemon.stop()) === undefined) return 'it was not running';
          try {
            await daemon.start();
            await daemon.untilReady(progress);
          } catch (error) {
            await saveConfig(paths.config, present);
            await daemon.start();
            throw error;
          }
          return `process ${daemon.pid ?? 0}`;
        },
      },
    ],
    ui,
  );
  return true;
}

function sorted(listen: readonly MqttListener[]): MqttListener[] {
  return [...listen].sort((a, b) => `${a.address}:${a.port}`.localeCompare(`${b.address}:${b.port}`));
}

async function makeCertificate(paths: EdgePaths, hosts: readonly string[]): Promise<boolean> {
  const { pair: ca, made } = await ensureCa(mqttCa(paths), PROFILES.mqttCa);
  const named = hosts.filter((host) => !['0.0.0.0', '::'].includes(host));
  const all = [...new Set([...named, ...defaultAdvertiseAddresses(), '127.0.0.1', 'localhost'])];
  return (await ensureCertificate(mqttServer(paths), { ca, profile: PROFILES.mqttServer, hosts: all })) || made;
}

function filesOf(paths: EdgePaths, { cert, key }: MqttListenOptions): { cert: string; key: string } {
  if (cert === undefined && key === undefined) return mqttServer(paths);
  if (cert !== undefined && key !== undefined) return { cert: resolve(cert), key: resolve(key) };
  throw new KedgeError('USAGE', '--cert and --key belong together');
}

const mqttCa = ({ pki }: EdgePaths): { cert: string; key: string } => ({ cert: `${pki}/mqtt-ca.crt`, key: `${pki}/mqtt-ca.key` });
const mqttServer = ({ pki }: EdgePaths): { cert: string; key: string } => ({ cert: `${pki}/mqtt.crt`, key: `${pki}/mqtt.key` });

/** @throws KedgeError INVALID_INPUT */
function readUrl(text: string): { secure: boolean; address: string; port: number } {
  const url = new URL(brokerUrl(text));
  const secure = url.protocol === 'mqtts:';
  return { secure, address: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) };
}
