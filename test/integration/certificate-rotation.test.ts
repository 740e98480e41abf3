import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Device, DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import { certificateInfo } from '../../src/pki/certificate-info.ts';
import { issueKeyPair } from '../../src/pki/certificate.ts';
import { isPair } from '../../src/pki/key-pair.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { eventually } from '../helpers/eventually.ts';
import { startCloud, TestEdge } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';
import { EdgeDaemon } from '../helpers/test-edge.ts';

/** KEDGE_CERTIFICATE_SECONDS=120 lives through the same with certificates of two minutes. */
const SECONDS = Number(process.env['KEDGE_CERTIFICATE_SECONDS'] ?? 15);
const ROTATIONS = 3;
const DAY_S = 86_400;
const TOPIC = '$hw/events/device/default/counter/twin/update';
const DEVICE = { name: 'counter', namespace: 'default' };

const pairOf = ({ paths }: EdgeDaemon): KeyPair => ({
  certPem: readFileSync(paths.server.cert, 'utf8'),
  keyPem: readFileSync(paths.server.key, 'utf8'),
});
const spkiOf = ({ certPem }: KeyPair): string => certificateInfo(certPem).spkiSha256;

describe(`edge certificates that live for ${SECONDS} s`, function () {
  this.timeout(120_000 + SECONDS * 1000 * (ROTATIONS + 2));
  let cloud: TestCloud;
  let edge: EdgeDaemon | undefined;

  const startEdge = async (nodeName: string, pair = cloud.edgePair(nodeName, SECONDS / DAY_S)): Promise<EdgeDaemon> => {
    const { websocketPort, httpsPort, ca } = cloud;
    edge = await EdgeDaemon.start({ nodeName, websocketPort, httpsPort, ca: ca.certPem, pair });
    return edge;
  };
  const connected = (one: EdgeDaemon): Promise<unknown> =>
    eventually(async () => (await one.factsOf('edgehub'))['connected'], 'the session', 30_000);

  before(async () => {
    cloud = await startCloud({ edgeCertSigningDays: SECONDS / DAY_S, lateRenewalDays: (20 * SECONDS) / DAY_S });
  });
  afterEach(async () => {
    await edge?.remove();
    edge = undefined;
  });
  after(() => cloud.stop());

  it(`renews ${ROTATIONS} times, each with a new key, while twins move both ways`, async () => {
    const { kube } = cloud;
    await kube.create(RESOURCES.deviceModel, MODEL, 'default');
    await kube.create(RESOURCES.device, deviceOn('edge-1'), 'default');
    const running = await startEdge('edge-1');
    await connected(running);
    const first = pairOf(running);
    const facts = await running.factsOf('eventbus');
    const mqtt = await MqttClient.connect((facts['urls'] as string[])[0]!);
    const stop = new AbortController();
    const writers = writing(cloud, mqtt, stop.signal);
    const seen = watching(cloud, running, mqtt, stop.signal);
    try {
      const rotated = (): boolean => seen.keys.size > ROTATIONS && seen.sessions.size > ROTATIONS;
      await eventually(rotated, `${ROTATIONS} rotations`, SECONDS * 1000 * (ROTATIONS + 1) + 60_000);
    } finally {
      stop.abort();
      await Promise.all([writers.done, seen.done]);
    }
    const { reported, desired } = writers;
    expect(Math.min(reported(), desired())).to.be.greaterThan(10);
    await eventually(async () => (await reportedInCloud(cloud)) === reported(), 'the last report in the cloud', 30_000);
    await eventually(() => seen.deltas.at(-1) === desired(), 'the last desired value at the edge', 30_000);
    await mqtt.end(true);
    expect(seen.backwards, 'values that went backwards').to.deep.equal([]);
    expect(seen.keys.has(spkiOf(first))).to.equal(true);
    // One session per certificate, and room for one that the machine lost by its slowness.
    expect(seen.sessions.size).to.be.within(ROTATIONS + 1, ROTATIONS + 3);
    expect(isPair(pairOf(running))).to.equal(true);
    const refused: unknown = await TestEdge.connect(cloud, 'edge-1', { pair: first }).catch((error: unknown) => error);
    expect(refused, 'the first certificate').to.be.instanceOf(Error);
  });

  it('goes on after an end at any step of a renewal', async () => {
    const running = await startEdge('edge-2');
    await connected(running);
    for (const step of ['asked', 'certificate written', 'key written'] as const) {
      await running.halt();
      const old = pairOf(running);
      const { renewCertificate } = await import('../../src/daemons/edge/edgehub/renew-certificate.ts');
      const { EnrolmentClient } = await import('../../src/daemons/edge/edgehub/enrolment-client.ts');
      const client = new EnrolmentClient({ host: '127.0.0.1', port: cloud.httpsPort });
      const renewed = await renewCertificate(client, 'edge-2', { caPem: cloud.ca.certPem, pair: old });
      if (step !== 'asked') writeFileSync(`${running.paths.server.cert}.next`, renewed.certPem);
      if (step === 'key written') writeFileSync(running.paths.server.key, renewed.keyPem);
      await running.start();
      await connected(running);
      expect(isPair(pairOf(running)), step).to.equal(true);
      if (step === 'key written') {
        expect(existsSync(`${running.paths.server.cert}.next`)).to.equal(false);
        const refused: unknown = await TestEdge.connect(cloud, 'edge-2', { pair: old }).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(Error);
      }
    }
  });

  it('renews late after it was off, and says how to join again when it is too late', async () => {
    const running = await startEdge('edge-3');
    await connected(running);
    // From here on it is on record.
    const before = spkiOf(pairOf(running));
    await eventually(() => spkiOf(pairOf(running)) !== before, 'a first renewal', SECONDS * 1000 + 30_000);
    await connected(running);
    await running.halt();
    const ended = certificateInfo(pairOf(running).certPem);
    await eventually(() => Date.now() > ended.notAfter.getTime() + 1_000, 'its end', SECONDS * 1000 + 30_000);
    await running.start();
    await connected(running);
    expect(spkiOf(pairOf(running))).to.not.equal(ended.spkiSha256);
    await running.halt();
    const subject = { commonName: 'system:node:edge-3', organizations: ['system:nodes'] };
    const long = { days: 1, now: Date.now() - 3 * DAY_S * 1000 };
    const gone = issueKeyPair({ ca: cloud.ca, profile: PROFILES.edgeClient, subject, ...long });
    writeFileSync(running.paths.server.cert, gone.certPem);
    writeFileSync(running.paths.server.key, gone.keyPem);
    await running.start();
    const hub = await eventually(async () => {
      const { modules } = await running.status();
      const found = modules.find(({ name }) => name === 'edgehub');
      if (found?.detail?.includes('join again') !== true) throw new Error(JSON.stringify(found));
      return found;
    }, 'what to do');
    expect(hub.state).to.equal('degraded');
    expect(hub.detail).to.contain('expired at').and.contain(`kedge join edge --cloud 127.0.0.1:${cloud.httpsPort} --token TOKEN`);
  });
});

const MODEL = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'DeviceModel',
  metadata: { name: 'counter', namespace: 'default' },
  spec: {
    properties: [
      { name: 'count', type: 'INT', accessMode: 'ReadWrite' },
      { name: 'target', type: 'INT', accessMode: 'ReadWrite' },
    ],
  },
};

function deviceOn(nodeName: string): Device {
  return {
    apiVersion: 'devices.kubeedge.io/v1beta1',
    kind: 'Device',
    metadata: { name: 'counter', namespace: 'default' },
    spec: {
      deviceModelRef: { name: 'counter' },
      nodeName,
      properties: [{ name: 'count' }, { name: 'target', desired: { value: '0' } }],
    },
  };
}

/** Reports and desires ever larger numbers until the signal; the last that was acknowledged on each side. */
function writing(
  { kube }: TestCloud,
  mqtt: MqttClient,
  signal: AbortSignal,
): { reported: () => number; desired: () => number; done: Promise<unknown> } {
  const state = { reported: 0, desired: 0 };
  const every = async (work: (value: number) => Promise<unknown>): Promise<void> => {
    for (let value = 1; !signal.aborted; value += 1) {
      await work(value);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const report = every(async (value) => {
    const payload = JSON.stringify({ twin: { count: { actual: { value: String(value) }, metadata: { type: 'int' } } } });
    await mqtt.publish(TOPIC, payload);
    state.reported = value;
  });
  const desire = every(async (value) => {
    const properties = [{ name: 'count' }, { name: 'target', desired: { value: String(value) } }];
    await kube.patch(RESOURCES.device, DEVICE, { spec: { properties } }, 'merge');
    state.desired = value;
  });
  return { reported: () => state.reported, desired: () => state.desired, done: Promise.all([report, desire]) };
}

interface Seen {
  readonly keys: Set<string>;
  readonly sessions: Set<unknown>;
  readonly deltas: number[];
  readonly backwards: string[];
  readonly done: Promise<void>;
}

/** What can be seen from outside: the keys on disk, the sessions, and values that go back on either side. */
function watching(cloud: TestCloud, edge: EdgeDaemon, mqtt: MqttClient, signal: AbortSignal): Seen {
  const seen = { keys: new Set<string>(), sessions: new Set<unknown>(), deltas: [] as number[], backwards: [] as string[] };
  mqtt.onMessage(({ topic, payload }) => {
    if (!topic.endsWith('/delta')) return;
    const { delta } = JSON.parse(payload.toString()) as { delta?: Record<string, string> };
    const value = Number(delta?.['target']);
    if (Number.isNaN(value)) return;
    if (value < (seen.deltas.at(-1) ?? 0)) seen.backwards.push(`edge ${value}`);
    seen.deltas.push(value);
  });
  const done = (async () => {
    await mqtt.subscribe(`${TOPIC}/delta`);
    let last = 0;
    while (!signal.aborted) {
      const { connected, since } = await edge.factsOf('edgehub');
      if (connected === true) seen.sessions.add(since);
      const pair = pairOf(edge);
      if (isPair(pair)) seen.keys.add(spkiOf(pair));
      const value = await reportedInCloud(cloud).catch(() => 0);
      if (value !== 0 && value < last) seen.backwards.push(`cloud ${value}`);
      last = Math.max(last, value);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return { ...seen, done };
}

async function reportedInCloud({ kube }: TestCloud): Promise<number> {
  const { status } = await kube.get<DeviceStatus>(RESOURCES.deviceStatus, DEVICE.name, DEVICE.namespace);
  return Number(status?.twins?.find(({ propertyName }) => propertyName === 'count')?.reported?.value);
}
