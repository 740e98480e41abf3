import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation } from '../helpers/installation.ts';
import { kedge } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { SmallDisk } from '../helpers/small-disk.ts';

const DEVICE = { namespace: 'default', name: 'meter' };
const TOPIC = '$hw/events/device/default/meter/twin/update';
const MANIFEST = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: meter, namespace: default}
spec:
  properties:
  - {name: text, type: STRING, accessMode: ReadWrite}
---
apiVersion: devices.kubeedge.io/v1beta1
kind: Device
metadata: {name: meter, namespace: default}
spec:
  deviceModelRef: {name: meter}
  nodeName: edge-1
  properties:
  - {name: text}
`;

const text = (value: number): string => `${value}-${'x'.repeat(400)}`;

describe('on a disk', function () {
  this.timeout(300_000);
  let disk: SmallDisk;
  let installation: Installation;

  before(async function () {
    needs(this, 'root');
    disk = await SmallDisk.mount(48);
    installation = await Installation.create({ home: disk.path });
    await installation.apply(MANIFEST);
  });
  after(async () => {
    await installation.remove();
    await disk.unmount();
  });

  const publish = async (value: number): Promise<boolean> => {
    const client = await MqttClient.connect(installation.mqttUrl, { reconnect: false, timeoutMs: 10_000 });
    try {
      const payload = JSON.stringify({ twin: { text: { actual: { value: text(value) }, metadata: { type: 'string' } } } });
      const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('not acknowledged')), 5_000).unref());
      await Promise.race([client.publish(TOPIC, payload), late]);
      return true;
    } catch {
      return false;
    } finally {
      await client.end(true);
    }
  };
  const reported = async (): Promise<string | undefined> => {
    const { status } = await installation.kube.get<DeviceStatus>(RESOURCES.deviceStatus, DEVICE.name, DEVICE.namespace);
    return status?.twins?.[0]?.reported?.value;
  };

  it('that is read-only, a daemon says so as it starts, and starts when it can write', async () => {
    await installation.stop('edge');
    await installation.stop('cloud');
    disk.readOnly(true);
    const refused = await kedge(['start', 'edge'], { home: disk.path });
    expect(refused.status).to.not.equal(0);
    expect(refused.stderr).to.match(/read-only/);
    disk.readOnly(false);
    await installation.start('cloud');
    await installation.start('edge');
    expect(await publish(1)).to.equal(true);
    await eventually(async () => (await reported()) === text(1), 'a report in the API', 60_000);
  });
});

describe('a name that cannot be resolved', function () {
  this.timeout(180_000);
  let installation: Installation;

  before(async () => (installation = await Installation.create()));
  after(() => installation.remove());

  it('is told in the status of the edge, which finds the cloud when the name is right', async () => {
    const path = join(installation.home, 'edge', 'config.yaml');
    const config = readFileSync(path, 'utf8');
    await installation.stop('edge');
    await writeFile(path, config.replace(/websocketServer: .*/, 'websocketServer: cloud.invalid:10000'));
    await kedge(['start', 'edge'], { home: installation.home, timeoutMs: 10_000 });
    const said = async (): Promise<string> => (await kedge(['status', 'edge', '-o', 'json'], { home: installation.home })).stdout;
    await eventually(async () => /the name cloud\.invalid cannot be resolved/.test(await said()), 'the reason in status', 60_000);
    await installation.stop('edge');
    await writeFile(path, config);
    await installation.start('edge');
    expect(await said()).to.contain('connected to');
  });
});
