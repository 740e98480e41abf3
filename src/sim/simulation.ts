import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudCredentials } from '../client/answerer.ts';
import { findRunningCloud } from '../client/running-cloud.ts';
import { createToken, revokeToken } from '../client/tokens.ts';
import { homePaths } from '../config/home.ts';
import { EnrolmentClient } from '../daemons/edge/edgehub/enrolment-client.ts';
import { sleep } from '../kernel/clock.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { createKubeClient } from '../kube/http-client.ts';
import { splitToken } from '../pki/join-token.ts';
import type { JoinToken } from '../pki/join-token.ts';
import { Observer } from './observer.ts';
import type { SimResult, SimSample } from './sample.ts';
import { SimObjects } from './sim-objects.ts';
import { Workers } from './workers.ts';

export interface SimOptions {
  /** Of the cloud. */
  readonly home: string;
  readonly edges: number;
  /** For each edge. */
  readonly devices: number;
  readonly reportIntervalMs: number;
  readonly processes: number;
  /** Nodes and devices stay. */
  readonly keep: boolean;
  readonly version: string;
  /** From the moment that everything is there; absent: until the signal. */
  readonly durationMs?: number;
  readonly signal: AbortSignal;
  readonly onSample: (sample: SimSample) => void;
}

const SAMPLE_MS = 500;
/** Without any progress for so long, a simulation gives up. */
const STALL_MS = 120_000;
const TOKEN_SECONDS = 3600;

/** Many edges and devices that are not there, on a cloud that is. */
export class Simulation {
  readonly #options: SimOptions;
  readonly #workers = new Workers();
  readonly #run = `sim-${randomBytes(2).toString('hex')}`;
  #observer: Observer | undefined;

  constructor(options: SimOptions) {
    this.#options = options;
  }

  /**
   * Enrols the edges, connects them, lets their devices report, and removes everything again.
   * @throws KedgeError NOT_INSTALLED or UNREACHABLE when this home has no running cloud, TIMEOUT when the edges do not get Ready
   */
  async run(): Promise<SimResult> {
    const { home, edges, devices, keep } = this.#options;
    const cloud = await this.#findCloud();
    const created = await createToken(home, { ttlSeconds: TOKEN_SECONDS, uses: 0 });
    const kube = createKubeClient(await cloudCredentials(home));
    const objects = new SimObjects(kube, this.#run);
    const names = Array.from({ length: edges }, (_, index) => `${this.#run}-${String(index + 1).padStart(4, '0')}`);
    const folder = await mkdtemp(join(tmpdir(), 'kedge-sim-'));
    try {
      const observer = await this.#start(names, cloud, splitToken(created.token), folder);
      await this.#until(({ ready }) => ready === edges, `${edges} Ready nodes`);
      await objects.createDevices(names, devices);
      await this.#until((sample) => sample.devices === edges * devices, `${edges * devices} devices at their edges`);
      await this.#hold(observer);
      return observer.result();
    } finally {
      await this.#clean(kube, objects, { names, keep, folder, tokenId: created.id });
    }
  }

  async #clean(
    kube: KubeClient,
    objects: SimObjects,
    { names, keep, folder, tokenId }: { names: readonly string[]; keep: boolean; folder: string; tokenId: string },
  ): Promise<void> {
    try {
      if (!keep) await objects.deleteDevices(names, this.#options.devices);
      await this.#workers.stop();
      if (!keep) await objects.deleteNodes(names);
      await revokeToken(this.#options.home, tokenId);
    } finally {
      await this.#workers.stop();
      kube.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #findCloud(): Promise<{ host: string; port: number }> {
    const { home, edges } = this.#options;
    const { host, port, config, peers } = await findRunningCloud(home);
    const { nodeLimit } = config.cloudHub;
    const taken = peers.length;
    if (taken + edges > nodeLimit) {
      throw new KedgeError('CONFLICT', `the cloud takes ${nodeLimit} edges, and ${taken} are there`, {
        hint: `set cloudHub.nodeLimit in ${homePaths(home).cloud.config} to ${taken + edges} or more, then kedge restart cloud`,
      });
    }
    return { host, port };
  }

  async #start(names: readonly string[], cloud: { host: string; port: number }, token: JoinToken, folder: string): Promise<Observer> {
    const { edges, devices, processes, reportIntervalMs, version, onSample } = this.#options;
    const caPem = await new EnrolmentClient(cloud).fetchCa(token);
    const caPath = join(folder, 'rootCA.crt');
    await writeFile(caPath, caPem);
    const observer = new Observer({
      ...{ edges, devices: edges * devices, processes, onSample },
      cloudBytes: () => this.#cloudBytes(),
    });
    this.#observer = observer;
    const share = Math.ceil(names.length / processes);
    const shares = Array.from({ length: processes }, (_, index) => names.slice(index * share, (index + 1) * share));
    this.#workers.start(
      shares
        .filter((part) => part.length > 0)
        .map((part) => ({ names: part, cloud, jwt: token.jwt, caPem, caPath, folder, version, reportIntervalMs })),
    );
    return observer;
  }

  /** Until `done`; no change for a long time is the end. */
  async #until(done: (sample: SimSample) => boolean, what: string): Promise<void> {
    let [best, since] = [-1, 0];
    for (;;) {
      await sleep(SAMPLE_MS, this.#options.signal);
      const sample = this.#observe();
      if (done(sample)) return;
      const progress = sample.enrolled + sample.ready + sample.devices;
      if (progress > best) [best, since] = [progress, sample.ms];
      if (sample.ms - since < STALL_MS) continue;
      throw new KedgeError('TIMEOUT', `the cloud did not get to ${what}: ${sample.ready} nodes are Ready`, {
        hint: sample.trouble === undefined ? 'kedge status cloud' : `the last trouble: ${sample.trouble}`,
      });
    }
  }

  async #hold(observer: Observer): Promise<void> {
    const { durationMs = Infinity, signal } = this.#options;
    observer.begin();
    while (!signal.aborted && observer.heldMs < durationMs) {
      await sleep(SAMPLE_MS, signal).catch(() => undefined);
      this.#observe();
    }
  }

  #observe(): SimSample {
    if (this.#observer === undefined) throw new Error('the simulation has not started');
    return this.#observer.observe(this.#workers.take());
  }

  #cloudBytes(): number | undefined {
    try {
      const pid = readFileSync(homePaths(this.#options.home).cloud.pid, 'utf8').trim();
      const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${Number.parseInt(pid, 10)}/status`, 'utf8')) ?? [];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    } catch {
      return undefined;
    }
  }
}
