import { expect } from 'chai';
import { MqttClient } from '../../src/mqtt/client.ts';
import { isRecord } from '../../src/protocol/message.ts';
import type { Device, DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { messageOf } from '../../src/kernel/errors.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation } from '../helpers/installation.ts';
import { seeded } from '../helpers/seeded.ts';

const ROUNDS = Number(process.env['KEDGE_CRASH_ROUNDS'] ?? 100);
const SEED = Number(process.env['KEDGE_CRASH_SEED'] ?? 20_261_121);
/** Installations beside each other: most of a round is waiting for a daemon to start. */
const INSTALLATIONS = 2;
const DEVICE = { name: 'counter', namespace: 'default' };
const TOPIC = '$hw/events/device/default/counter';

describe('kill -9 of either daemon while twins move both ways', function () {
  this.timeout(600_000);
  const installations: Installation[] = [];

  before(async () => {
    for (let count = 0; count < INSTALLATIONS; count++) {
      const installation = await Installation.create();
      installations.push(installation);
      await installation.apply(MANIFEST);
    }
  });
  after(() => Promise.all(installations.map((installation) => installation.remove())));

  it(`loses nothing that was acknowledged (${ROUNDS} kills, seed ${SEED}; KEDGE_CRASH_SEED, KEDGE_CRASH_ROUNDS)`, async () => {
    const rounds = Math.ceil(ROUNDS / INSTALLATIONS);
    await Promise.all(installations.map((installation, index) => killAndCompare(installation, rounds, seeded(SEED + index))));
  });
});

/** Kills one of the daemons and starts it again, so many times; after each start, and in the end, compares with what was acknowledged. */
async function killAndCompare(installation: Installation, rounds: number, random: () => number): Promise<void> {
  const stop = new AbortController();
  const report = reporting(installation, stop.signal);
  const desire = desiring(installation, stop.signal);
  let [seenInCloud, seenAtEdge] = [0, 0];
  try {
    await eventually(() => report.acknowledged > 0 && desire.acknowledged > 0, 'first writes');
    await eventually(async () => (await reportedInCloud(installation)) > 0, 'the first report in the cloud');
    for (let round = 1; round <= rounds; round += 1) {
      const role = random() < 0.5 ? 'edge' : 'cloud';
      await new Promise((resolve) => setTimeout(resolve, 50 + random() * 400));
      await installation.kill(role);
      const [reported, desired] = [report.acknowledged, desire.acknowledged];
      await installation.start(role);
      if (role === 'edge') expect(await actualAtEdge(installation), `round ${round}: a report with a PUBACK`).to.be.at.least(reported);
      else expect(await desiredInCloud(installation), `round ${round}: an update with a 2xx`).to.be.at.least(desired);
      const [inCloud, atEdge] = [await reportedInCloud(installation), await expectedAtEdge(installation)];
      expect(inCloud, `round ${round}: the report in the cloud goes forward`).to.be.at.least(seenInCloud);
      expect(atEdge, `round ${round}: the desired value at the edge goes forward`).to.be.at.least(seenAtEdge);
      [seenInCloud, seenAtEdge] = [inCloud, atEdge];
    }
  } finally {
    stop.abort();
    await Promise.all([report.done, desire.done]);
  }
  await eventually(
    async () => (await reportedInCloud(installation)) === (await actualAtEdge(installation)),
    'the report in the cloud',
    60_000,
  );
  expect(await reportedInCloud(installation)).to.be.at.least(report.acknowledged);
  await eventually(
    async () => (await expectedAtEdge(installation)) === (await desiredInCloud(installation)),
    'the desired value at the edge',
    60_000,
  );
  expect(await expectedAtEdge(installation)).to.be.at.least(desire.acknowledged);
}

const MANIFEST = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: counter, namespace: default}
spec:
  properties:
  - {name: count, type: INT, accessMode: ReadWrite}
  - {name: target, type: INT, accessMode: ReadWrite}
---
apiVersion: devices.kubeedge.io/v1beta1
kind: Device
metadata: {name: counter, namespace: default}
spec:
  deviceModelRef: {name: counter}
  nodeName: edge-1
  properties:
  - {name: count}
  - {name: target, desired: {value: "0"}}
`;

interface Writer {
  /** The newest value that was acknowledged. */
  readonly acknowledged: number;
  readonly done: Promise<void>;
}

function writer(signal: AbortSignal, write: (value: number) => Promise<void>): Writer {
  const state = { acknowledged: 0, done: Promise.resolve() };
  state.done = (async () => {
    for (let value = 1; !signal.aborted; value += 1) {
      try {
        await write(value);
        state.acknowledged = value;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  })();
  return state;
}

/** Reports ever larger counts over MQTT at QoS 1, as fast as they are acknowledged. */
function reporting(installation: Installation, signal: AbortSignal): Writer {
  let client: MqttClient | undefined;
  const write = async (value: number): Promise<void> => {
    client ??= await MqttClient.connect(installation.mqttUrl, { reconnect: false, timeoutMs: 1_000 });
    const payload = JSON.stringify({ twin: { count: { actual: { value: String(value) }, metadata: { type: 'int' } } } });
    try {
      await within(2_000, client.publish(`${TOPIC}/twin/update`, payload));
    } catch (error) {
      await client.end(true).catch(() => undefined);
      client = undefined;
      throw error;
    }
  };
  const running = writer(signal, write);
  void running.done.then(() => client?.end(true));
  return running;
}

/** Wants ever larger targets through the Kubernetes API. */
function desiring(installation: Installation, signal: AbortSignal): Writer {
  return writer(signal, async (value) => {
    const properties = [{ name: 'count' }, { name: 'target', desired: { value: String(value) } }];
    await within(5_000, installation.kube.patch(RESOURCES.device, DEVICE, { spec: { properties } }, 'merge'));
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('late')), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function desiredInCloud({ kube }: Installation): Promise<number> {
  return eventually(async () => {
    const device = await kube.get<Device>(RESOURCES.device, DEVICE.name, DEVICE.namespace);
    return Number(device.spec?.properties?.find(({ name }) => name === 'target')?.desired?.value);
  }, 'the API answers');
}

async function reportedInCloud({ kube }: Installation): Promise<number> {
  const status = await eventually(
    () => kube.get<DeviceStatus>(RESOURCES.deviceStatus, DEVICE.name, DEVICE.namespace),
    'the device is reported',
  );
  return Number(status.status?.twins?.find(({ propertyName }) => propertyName === 'count')?.reported?.value);
}

async function twinsAtEdge(installation: Installation): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const client = await MqttClient.connect(installation.mqttUrl, { reconnect: false, timeoutMs: 2_000 });
    try {
      await client.subscribe(`${TOPIC}/twin/get/result`);
      const answer = new Promise<string>((resolve) => client.onMessage(({ payload }) => resolve(payload.toString())));
      await client.publish(`${TOPIC}/twin/get`, '{}');
      const { twin } = JSON.parse(await within(2_000, answer)) as { twin?: unknown };
      return isRecord(twin) ? twin : undefined;
    } catch (error) {
      throw new Error(`twin/get: ${messageOf(error)}`, { cause: error });
    } finally {
      await client.end(true);
    }
  }, 'twin/get at the edge');
}

async function twinValue(installation: Installation, name: string, side: 'actual' | 'expected'): Promise<number> {
  const twin = (await twinsAtEdge(installation))[name] as Record<string, { value?: string } | undefined> | undefined;
  return Number(twin?.[side]?.value ?? 0);
}
const actualAtEdge = (installation: Installation): Promise<number> => twinValue(installation, 'count', 'actual');
const expectedAtEdge = (installation: Installation): Promise<number> => twinValue(installation, 'target', 'expected');
