import { join } from 'node:path';
import type { MapperOptions } from '../../src/mapper/driver.ts';
import { runMapper } from '../../src/mapper/run-mapper.ts';
import type { Device, DeviceModel, DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { eventually } from './eventually.ts';
import { startCloud } from './test-cloud.ts';
import type { TestCloud } from './test-cloud.ts';
import { EdgeDaemon } from './test-edge.ts';

export interface RunningMapper {
  readonly lines: { readonly fields: object; readonly message: string }[];
  /** Rejects with why it could not start. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A cloud and an edge, and mappers of the kit beside it. */
export class MappedEdge {
  readonly cloud: TestCloud;
  readonly edge: EdgeDaemon;
  readonly #running = new Set<RunningMapper>();

  private constructor(cloud: TestCloud, edge: EdgeDaemon) {
    this.cloud = cloud;
    this.edge = edge;
  }

  static async start(): Promise<MappedEdge> {
    const cloud = await startCloud();
    const { websocketPort, ca } = cloud;
    const edge = await EdgeDaemon.start({ nodeName: 'edge-1', websocketPort, ca: ca.certPem, pair: cloud.edgePair('edge-1') });
    return new MappedEdge(cloud, edge);
  }

  async remove(): Promise<void> {
    await this.stopMappers();
    await this.edge.remove();
    await this.cloud.stop();
  }

  get home(): string {
    return join(this.edge.paths.dir, '..');
  }

  /** A mapper in this process. */
  run(options: Omit<MapperOptions, 'log' | 'signal' | 'version' | 'socket'>): RunningMapper {
    const stop = new AbortController();
    const lines: { fields: object; message: string }[] = [];
    const write = (fields: object, message: string): void => void lines.push({ fields, message });
    const log = { debug: write, info: write, warn: write, error: write };
    const running = runMapper({ ...options, version: 'v1', socket: this.edge.paths.dmiSocket, signal: stop.signal, log });
    const mapper = {
      lines,
      ended: running,
      stop: () => {
        stop.abort();
        this.#running.delete(mapper);
        return running.catch(() => undefined);
      },
    };
    this.#running.add(mapper);
    return mapper;
  }

  async stopMappers(): Promise<void> {
    for (const mapper of this.#running) await mapper.stop();
  }

  addModel(model: DeviceModel): Promise<unknown> {
    return this.cloud.kube.create(RESOURCES.deviceModel, model);
  }

  add(device: Device): Promise<unknown> {
    return this.cloud.kube.create(RESOURCES.device, device);
  }

  patch(name: string, spec: object): Promise<unknown> {
    return this.cloud.kube.patch(RESOURCES.device, { name, namespace: 'default' }, { spec }, 'merge');
  }

  /** What the API shows as reported, by property; `state` among them. */
  async reported(name: string): Promise<Record<string, string | undefined>> {
    const { status } = await this.cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, name, 'default');
    const twins = (status?.twins ?? []).map(({ propertyName, reported }) => [propertyName, reported?.value] as const);
    return { ...Object.fromEntries(twins), state: status?.state };
  }

  /** Until the API shows this. */
  shows(name: string, wanted: Record<string, string>, ms = 20_000): Promise<unknown> {
    let seen: unknown;
    return eventually(
      async () => {
        const reported = await this.reported(name);
        seen = reported;
        return Object.entries(wanted).every(([key, value]) => reported[key] === value);
      },
      `${name} with ${JSON.stringify(wanted)}`,
      ms,
    ).catch((error: unknown) => Promise.reject(new Error(`${String(error)}; it is ${JSON.stringify(seen)}`)));
  }
}
