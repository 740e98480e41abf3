import { readFile } from 'node:fs/promises';
import { homePaths } from '../src/config/home.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { Informer } from '../src/kube/informer.ts';
import { dialHub } from '../src/link/hub-client.ts';
import type { Device, DeviceModel } from '../src/protocol/devices.ts';
import { RESOURCES } from '../src/protocol/kubernetes.ts';
import type { KubeObject, ObjectSync } from '../src/protocol/kubernetes.ts';
import { decodeMessage, encodeMessage, newMessage, replyTo } from '../src/protocol/message.ts';
import { compareVersions } from '../src/protocol/resource-version.ts';
import { Installation } from '../test/helpers/installation.ts';
import { testScope } from '../test/helpers/test-scope.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { cpuPerTime } from './support/site.ts';
import { SlowLink } from './support/slow-link.ts';

const ROUND_TRIP_MS = 50;
const NODE = 'edge-1';
const NAMESPACE = 'default';
/** Requests to the API at the same time. */
const AT_ONCE = 16;

export default {
  figure: `desired values of devices, acknowledged by one edge at ${ROUND_TRIP_MS} ms there and back and kept in ObjectSyncs, from the first to the last`,
  unit: '1/s',
  goal: { atLeast: 1000 },
  run: async (quick) => {
    const devices = quick ? 50 : 2_000;
    const site = await Installation.create({ join: false });
    const link = await SlowLink.open(site.ports.websocket, ROUND_TRIP_MS);
    const scope = testScope();
    try {
      await site.join(NODE, ['--websocket', `127.0.0.1:${link.port}`]);
      const syncs = await followSyncs(site, scope);
      const changes = new Changes(site, devices);
      await syncs.reach(await changes.create());
      const rates: number[] = [];
      const seconds: number[] = [];
      const cpu: Awaited<ReturnType<typeof cpuPerTime>>[] = [];
      for (let round = 0; round < (quick ? 1 : 3); round += 1) {
        link.cut();
        const versions = await changes.set(devices);
        await link.restore();
        const deliver = async (): Promise<void> => {
          const { perSecond, allSeconds } = await syncs.reach(versions);
          rates.push(perSecond);
          seconds.push(allSeconds);
        };
        cpu.push(await cpuPerTime(site, () => devices, deliver));
      }
      await site.stop('edge');
      const goVersions = await changes.set(quick ? 5 : 100);
      const stop = await dialAsGo(site, link);
      const go = await syncs.reach(goVersions);
      await stop();
      return {
        kedge: sample(rates),
        peers: [{ name: "the same cloud to an edge that keeps KubeEdge's rule, one message on its way", ...sample([go.perSecond]) }],
        more: { devices, secondsFromConnect: sample(seconds).median, ...cpu.at(-1) },
      };
    } finally {
      await scope.end();
      link.close();
      await site.remove();
    }
  },
} satisfies Bench;

type Versions = ReadonlyMap<string, string>;

/** Devices of the node, and changes of what is desired of them. */
class Changes {
  readonly #site: Installation;
  readonly #names: readonly string[];
  #value = 0;

  constructor(site: Installation, count: number) {
    this.#site = site;
    this.#names = Array.from({ length: count }, (_, index) => `device-${index}`);
  }

  /** @returns the version of each device, by name */
  async create(): Promise<Versions> {
    const { kube } = this.#site;
    const properties = [{ name: 'target', type: 'INT', accessMode: 'ReadWrite' as const }];
    const model = { metadata: { name: 'counter', namespace: NAMESPACE }, spec: { properties } };
    await kube.create<DeviceModel>(RESOURCES.deviceModel, model as DeviceModel, NAMESPACE);
    return this.#each(this.#names, (name) => {
      const spec = { deviceModelRef: { name: 'counter' }, nodeName: NODE, properties: [{ name: 'target', desired: { value: '0' } }] };
      return kube.create<Device>(RESOURCES.device, { metadata: { name, namespace: NAMESPACE }, spec }, NAMESPACE);
    });
  }

  /** Gives the first `count` devices another value. @returns their versions after it */
  set(count: number): Promise<Versions> {
    this.#value += 1;
    const patch = { spec: { properties: [{ name: 'target', desired: { value: String(this.#value) } }] } };
    return this.#each(this.#names.slice(0, count), (name) =>
      this.#site.kube.patch<Device>(RESOURCES.device, { name, namespace: NAMESPACE }, patch, 'merge'),
    );
  }

  async #each(names: readonly string[], write: (name: string) => Promise<KubeObject>): Promise<Versions> {
    const waiting = [...names];
    const versions = new Map<string, string>();
    const next = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        versions.set(name, (await write(name)).metadata.resourceVersion ?? '');
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    return versions;
  }
}

interface Syncs {
  /** Resolves when the edge is known to have all these devices in these versions, or newer ones. */
  reach(versions: Versions): Promise<{ perSecond: number; allSeconds: number }>;
}

/** Follows what the API knows of the edge's acknowledgements. */
async function followSyncs(site: Installation, scope: ReturnType<typeof testScope>): Promise<Syncs> {
  const informer = new Informer<ObjectSync>({ client: site.kube, resource: RESOURCES.objectSync, namespace: NAMESPACE });
  await informer.start(scope);
  let check: (sync: ObjectSync) => void = () => undefined;
  informer.onChange(scope, { added: (sync) => check(sync), updated: (_, sync) => check(sync) });
  return {
    reach: (versions) =>
      new Promise((resolve) => {
        const begun = performance.now();
        const missing = new Map(versions);
        let first: number | undefined;
        check = ({ spec, status }) => {
          const wanted = missing.get(spec.objectName);
          if (wanted === undefined || compareVersions(status?.objectResourceVersion, wanted) < 0) return;
          missing.delete(spec.objectName);
          first ??= performance.now();
          if (missing.size > 0) return;
          const now = performance.now();
          resolve({ perSecond: ((versions.size - 1) * 1000) / (now - first), allSeconds: (now - begun) / 1000 });
        };
        for (const sync of informer.list()) check(sync);
      }),
  };
}

/** An edge that names no window, and acknowledges at once what it gets. */
async function dialAsGo(site: Installation, link: SlowLink): Promise<() => Promise<void>> {
  const { caCert, server } = homePaths(site.home).edge;
  const [ca, cert, key] = await Promise.all([caCert, server.cert, server.key].map((path) => readFile(path, 'utf8')));
  const connection = await dialHub({
    url: `wss://127.0.0.1:${link.port}/e632aba927ea4ac2b575ec1603d56f10/${NODE}/events`,
    headers: { node_id: NODE, project_id: 'e632aba927ea4ac2b575ec1603d56f10', ConnectionUse: 'msg' },
    tls: { ca: ca ?? '', cert: cert ?? '', key: key ?? '' },
    maxMessageBytes: 8 * 1024 * 1024,
    clock: systemClock,
    signal: new AbortController().signal,
    onText: (text) => {
      const message = decodeMessage(text);
      if (message.route.operation !== 'response') connection.send(encodeMessage(replyTo(message, 'OK')));
    },
  });
  const keepalive = { source: 'websocket', group: 'resource', operation: 'keepalive', resource: 'node' };
  const stop = systemClock.every(15_000, () => connection.send(encodeMessage(newMessage(keepalive, 'ping'))));
  connection.resume();
  return () => {
    stop();
    return connection.close();
  };
}
