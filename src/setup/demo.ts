import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSteps } from '../cli/steps.ts';
import type { Step, StepReport } from '../cli/steps.ts';
import { quietUi } from '../cli/ui.ts';
import type { Ui } from '../cli/ui.ts';
import { createDevice, createOnce, setDesired } from '../client/devices.ts';
import { watchDevice } from '../client/device-watch.ts';
import { draftDevice } from '../client/device-draft.ts';
import { twinRows } from '../client/twin-rows.ts';
import { homePaths } from '../config/home.ts';
import { createKubeClient } from '../kube/http-client.ts';
import type { KubeClient } from '../kube/client.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import type { DeviceModel } from '../protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../protocol/kubernetes.ts';
import { DaemonProcess } from './daemon-process.ts';
import { initCloud } from './init-cloud.ts';
import { joinEdge } from './join-edge.ts';

const NODE = 'demo-edge';
const DEVICE = { namespace: 'default', name: 'thermostat' };
const TARGET = '22';

/** What the cloud saw, and when. */
export interface Reading {
  /** Milliseconds since the demo began. */
  readonly ms: number;
  readonly desired?: string;
  readonly reported?: string;
}

export interface DemoResult {
  readonly node: string;
  readonly device: string;
  readonly property: string;
  readonly desired: string;
  readonly reported: string;
  /** When the cloud saw the first value that the device reported, ms since the demo began. */
  readonly firstReportMs: number;
  readonly readings: readonly Reading[];
  readonly steps: readonly StepReport[];
}

export interface DemoDeps {
  readonly ui: Ui;
  readonly signal: AbortSignal;
  /** Switches the thermostat on: a program that knows nothing but the broker and the name of its device. Returns the switch that ends it. */
  readonly switchOn: (url: string, device: { namespace: string; name: string }) => Promise<() => Promise<void>>;
}

/** A cloud, an edge and a simulated thermostat in a temporary home on free ports. */
export class Demo {
  readonly #deps: DemoDeps;
  readonly #begun = performance.now();
  readonly #readings: Reading[] = [];
  #home = '';
  #token = '';
  #cloud = '';
  #mqtt = '';
  #kube: KubeClient | undefined;
  #switchOff: () => Promise<void> = () => Promise.resolve();
  #running: Promise<unknown> = Promise.resolve();

  constructor(deps: DemoDeps) {
    this.#deps = deps;
  }

  /** The demo's KEDGE_HOME. */
  get home(): string {
    return this.#home;
  }

  /** The demo's broker. */
  get mqttUrl(): string {
    return this.#mqtt;
  }

  /** Runs until the reported value is the desired one. Call `end` afterwards, whatever happened. @throws the signal's reason */
  async run(): Promise<DemoResult> {
    this.#home = await mkdtemp(join(tmpdir(), 'kedge-demo-'));
    const steps = await this.#unlessInterrupted(runSteps(this.#steps(), this.#deps.ui));
    const reported = this.#readings.at(-1)?.reported ?? '';
    const firstReportMs = this.#readings.find((reading) => reading.reported !== undefined)?.ms ?? 0;
    const device = `${DEVICE.namespace}/${DEVICE.name}`;
    return { node: NODE, device, property: 'temperature', desired: TARGET, reported, firstReportMs, readings: this.#readings, steps };
  }

  /** Tells of every change of the thermostat until interrupted. */
  async follow(tell: (reading: Reading) => void): Promise<void> {
    await this.#follow((reading) => {
      tell(reading);
      return false;
    });
  }

  /** Stops everything and removes the home. */
  async end(): Promise<void> {
    await this.#stopAll();
    // An interrupted step may have been about to start a daemon.
    await this.#running.catch(() => undefined);
    await this.#stopAll();
    await rm(this.#home, { recursive: true, force: true });
  }

  #steps(): Step[] {
    return [
      { title: 'Start a cloud with its own Kubernetes API', run: () => this.#startCloud() },
      { title: 'Join an edge', run: () => this.#joinEdge() },
      { title: 'Declare a thermostat', run: () => this.#declare() },
      { title: 'Switch the thermostat on (an MQTT program)', run: (progress) => this.#switchOn(progress) },
      { title: `Want ${TARGET} degrees, in the cloud`, run: () => this.#want() },
      { title: 'Watch it follow', run: (progress) => this.#converge(progress) },
    ];
  }

  async #startCloud(): Promise<string> {
    const options = { home: this.#home, advertiseAddress: ['127.0.0.1'], websocketPort: 0, httpsPort: 0, apiPort: 0 };
    const { cloud, token } = await initCloud(options, quietUi(this.#deps.ui));
    this.#cloud = cloud;
    this.#token = token;
    this.#kube = createKubeClient(await loadCredentials(homePaths(this.#home).cloud.adminKubeconfig));
    return `edges join at ${cloud}`;
  }

  async #joinEdge(): Promise<string> {
    const token = (): Promise<string> => Promise.resolve(this.#token);
    const { mqtt } = await joinEdge(
      { home: this.#home, cloud: this.#cloud, token, nodeName: NODE, mqtt: { ports: [0] } },
      quietUi(this.#deps.ui),
    );
    this.#mqtt = mqtt[0] ?? '';
    return `node ${NODE} is Ready, MQTT at ${this.#mqtt}`;
  }

  async #declare(): Promise<string> {
    const kube = this.#api();
    const model = await createOnce<DeviceModel>(kube, RESOURCES.deviceModel, MODEL);
    await createDevice(kube, draftDevice({ ...DEVICE, model, nodeName: NODE, desired: new Map() }));
    return `device ${DEVICE.name} of model ${model.metadata.name} on node ${NODE}`;
  }

  async #switchOn(progress: (detail: string) => void): Promise<string> {
    this.#switchOff = await this.#deps.switchOn(this.#mqtt, DEVICE);
    const first = await this.#follow((reading) => {
      progress(describe(reading));
      return reading.reported !== undefined;
    });
    return `the cloud has its first report, ${first?.reported ?? ''}`;
  }

  async #want(): Promise<string> {
    await setDesired(this.#api(), DEVICE.namespace, DEVICE.name, new Map([['temperature', TARGET]]));
    return 'the API has it, on disk';
  }

  async #converge(progress: (detail: string) => void): Promise<string> {
    const last = await this.#follow((reading) => {
      this.#readings.push(reading);
      progress(describe(reading));
      return reading.reported === TARGET;
    });
    return last === undefined ? '' : describe(last);
  }

  /** Every change as the cloud sees it, until `enough` says so. */
  async #follow(enough: (reading: Reading) => boolean): Promise<Reading | undefined> {
    const { namespace, name } = DEVICE;
    let last: string | undefined;
    for await (const view of watchDevice({ at: 'cloud', client: this.#api() }, namespace, name, this.#deps.signal)) {
      const row = view && twinRows(view).find(({ property }) => property === 'temperature');
      if (row === undefined) continue;
      const { desired, reported } = row;
      // The device has changed elsewhere.
      if (last === (last = `${desired ?? ''} ${reported ?? ''}`)) continue;
      const ms = Math.round(performance.now() - this.#begun);
      const reading = { ms, ...(desired !== undefined && { desired }), ...(reported !== undefined && { reported }) };
      if (this.#readings.length === 0 && reported !== undefined) this.#readings.push(reading);
      if (enough(reading)) return reading;
    }
    return undefined;
  }

  #api(): KubeClient {
    if (this.#kube === undefined) throw new Error('the demo has no cloud yet');
    return this.#kube;
  }

  #unlessInterrupted<T>(work: Promise<T>): Promise<T> {
    this.#running = work;
    const interrupted = new Promise<never>((_, reject) => {
      const stop = (): void => {
        reject(this.#deps.signal.reason);
      };
      if (this.#deps.signal.aborted) stop();
      else this.#deps.signal.addEventListener('abort', stop, { once: true });
    });
    return Promise.race([work, interrupted]);
  }

  async #stopAll(): Promise<void> {
    await this.#switchOff().catch(() => undefined);
    this.#kube?.close();
    for (const role of ['edge', 'cloud'] as const) await new DaemonProcess(role, this.#home).stop();
  }
}

const MODEL: DeviceModel = {
  apiVersion: apiVersionOf(RESOURCES.deviceModel),
  kind: RESOURCES.deviceModel.kind,
  metadata: { name: 'thermostat', namespace: DEVICE.namespace },
  spec: {
    protocol: 'mqtt',
    properties: [{ name: 'temperature', type: 'FLOAT', accessMode: 'ReadWrite', minimum: '5', maximum: '30', unit: '°C' }],
  },
};

/** `desired 22 · reported 19.4  ▕██████░░░░▏`. */
export function describe({ desired, reported }: Reading): string {
  const text = `desired ${desired ?? '–'} · reported ${reported ?? '–'}`;
  const [low, high] = [15, 25];
  if (reported === undefined) return text;
  const filled = Math.max(0, Math.min(20, Math.round(((Number(reported) - low) / (high - low)) * 20)));
  return `${text.padEnd(30)} ${'█'.repeat(filled)}${'░'.repeat(20 - filled)}`;
}
