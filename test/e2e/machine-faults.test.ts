import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadEdgeConfig } from '../../src/config/edge-config.ts';
import { homePaths } from '../../src/config/home.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { DeviceStatus } from '../../src/protocol/devices.ts';
import { unlessMissing } from '../../src/kube/unless-missing.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { KubeObject, Node } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation, succeed } from '../helpers/installation.ts';
import { kedge, plainEnvironment, temporaryFolder } from '../helpers/kedge.ts';
import { FAKETIME, needs } from '../helpers/neighbour.ts';
import { FailingDisk, SmallDisk } from '../helpers/small-disk.ts';

const DAEMON = fileURLToPath(new URL('../../bin/daemon.js', import.meta.url));
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
const LARGE = 'x'.repeat(20_000);

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

  const publish = (value: number): Promise<boolean> => publishText(installation, value);
  const reported = (): Promise<string | undefined> => reportedText(installation);
  const status = async () => kedge(['status', '-o', 'json'], { home: disk.path });

  it('that is full, nothing is acknowledged, nothing acknowledged is lost, and all goes on when there is room', async () => {
    const pids = [await installation.pid('cloud'), await installation.pid('edge')];
    expect(await publish(1)).to.equal(true);
    await eventually(async () => (await reported()) === text(1), 'the first report in the API', 60_000);
    disk.fill();
    let acknowledged = 1;
    // SQLite has some room left in its own log.
    for (let value = 2; acknowledged === value - 1 && value < 500; value += 1) if (await publish(value)) acknowledged = value;
    expect(await publish(1_000)).to.equal(false);
    const patches = async (): Promise<unknown> => {
      for (let index = 0; index < 500; index += 1) {
        const annotations = { text: `${index} ${LARGE}` };
        await installation.kube.patch(RESOURCES.device, DEVICE, { metadata: { annotations } }, 'merge');
      }
      throw new Error('the full disk took everything');
    };
    const refusal = await patches().catch((error: unknown) => error);
    expect(refusal).to.include({ code: 507 });
    expect(String(refusal)).to.contain('the disk of the control plane takes no writes');
    const { stdout } = await status();
    expect(stdout)
      .to.match(/the disk that holds [^"]*\/cloud is full/)
      .and.to.match(/the disk that holds [^"]*\/edge is full/);

    disk.free();
    await eventually(async () => (await reported()) === text(acknowledged), 'what was acknowledged, in the API', 120_000);
    expect(await publish(2_000)).to.equal(true);
    await eventually(async () => (await reported()) === text(2_000), 'a new report in the API', 60_000);
    await eventually(async () => (await status()).status === 0, 'a status without complaint', 60_000);
    expect([await installation.pid('cloud'), await installation.pid('edge')]).to.deep.equal(pids);
  });

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
    await eventually(async () => (await reported()) === text(2_000), 'what was stored before', 60_000);
    expect(await publish(3_000)).to.equal(true);
  });
});

describe('a disk that fails under running daemons', function () {
  this.timeout(180_000);
  let disk: FailingDisk;
  let installation: Installation;

  before(async function () {
    needs(this, 'root');
    disk = await FailingDisk.mount(96);
    installation = await Installation.create({ home: disk.path });
    await installation.apply(MANIFEST);
  });
  after(async () => {
    await installation.remove();
    await disk.unmount();
  });

  it('acknowledges nothing more, is told in status, and has all that was acknowledged once it is repaired', async () => {
    expect(await publishText(installation, 1)).to.equal(true);
    await installation.stop('cloud');
    expect(await publishText(installation, 2)).to.equal(true);
    disk.fail();
    expect(await publishText(installation, 3)).to.equal(false);
    const told = await eventually(async () => {
      const { status, stdout } = await kedge(['status', 'edge', '-o', 'json'], { home: disk.path });
      return stdout.includes('takes no writes') ? { status, stdout } : undefined;
    }, 'the reason in status');
    expect(told.status).to.equal(7);

    await installation.stop('edge');
    disk.repair();
    await installation.start('cloud');
    await installation.start('edge');
    await eventually(async () => (await reportedText(installation)) === text(2), 'what was acknowledged, in the API', 60_000);
    expect(await publishText(installation, 4)).to.equal(true);
  });
});

describe('a name that cannot be resolved', function () {
  this.timeout(180_000);
  const NAME = 'cloud.kedge.test';
  let installation: Installation;

  before(async function () {
    needs(this, 'root');
    installation = await Installation.create();
  });
  after(() => installation.remove());

  it('is told in the status of the edge, which finds its cloud by itself once the name is known', async () => {
    const { home, ports } = installation;
    await succeed(kedge(['cert', 'add-san', NAME], { home }));
    await installation.stop('edge');
    const path = join(home, 'edge', 'config.yaml');
    await writeFile(path, (await readFile(path, 'utf8')).replace(/websocketServer: .*/, `websocketServer: ${NAME}:${ports.websocket}`));
    // A file of hosts that this edge alone sees.
    const hosts = join(home, 'hosts');
    await writeFile(hosts, '127.0.0.1 localhost\n');
    const mount = 'mount --bind "$0" /etc/hosts && exec "$@"';
    const daemon = [process.execPath, DAEMON, 'edge', '--home', home, '--log-file'];
    const edge = spawn('unshare', ['--mount', 'sh', '-c', mount, hosts, ...daemon], { env: plainEnvironment(), stdio: 'ignore' });
    const ended = once(edge, 'exit');
    const said = async (): Promise<string> => (await kedge(['status', 'edge', '-o', 'json'], { home })).stdout;
    await eventually(async () => (await said()).includes(`the name ${NAME} cannot be resolved`), 'the reason in status', 60_000);
    await appendFile(hosts, `127.0.0.1 ${NAME}\n`);
    await eventually(async () => (await said()).includes('connected to'), 'a session', 60_000);
    expect(edge.exitCode, 'without a restart').to.equal(null);
    edge.kill('SIGTERM');
    expect((await ended)[0]).to.equal(0);
  });
});

describe('a clock that is set', function () {
  this.timeout(180_000);
  let installation: Installation;
  let clock: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async function () {
    needs(this, 'libfaketime');
    folder = await temporaryFolder();
    clock = join(folder.path, 'clock');
    // The wall clock alone is moved: that is what happens when somebody sets it.
    const faked = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    // Made two hours ago: an hour back, no certificate is one of the future.
    await writeFile(clock, '-7200');
    Object.assign(process.env, faked);
    try {
      installation = await Installation.create();
    } finally {
      for (const name of Object.keys(faked)) Reflect.deleteProperty(process.env, name);
    }
    await installation.apply(MANIFEST);
    await writeFile(clock, '+0');
    for (const role of ['edge', 'cloud'] as const) await installation.stop(role);
    for (const role of ['cloud', 'edge'] as const)
      expect((await kedge(['start', role], { home: installation.home, env: faked })).status).to.equal(0);
  });
  after(async () => {
    await installation.remove();
    await folder.remove();
  });

  it('an hour forward and back, leaves the node Ready, its session open, and the newest report on top', async () => {
    const since = async (): Promise<string | undefined> => {
      const { stdout } = await kedge(['status', 'edge', '-o', 'json'], {
        home: installation.home,
      });
      return /"since": "[^"]*"/.exec(stdout)?.[0];
    };
    const session = await eventually(since, 'a session');
    for (const [index, offset] of ['+3600', '-3600', '+0'].entries()) {
      await writeFile(clock, offset);
      const marker = await installation.kube.create<KubeObject>(RESOURCES.configMap, { metadata: { name: `marker-${index}` } }, 'default');
      const seen = Date.parse(marker.metadata.creationTimestamp ?? '') - Date.now();
      expect(Math.round(seen / 600_000), 'the clock that the cloud sees').to.equal(Number(offset) / 600);
      expect(await publishText(installation, index)).to.equal(true);
      await eventually(async () => (await reportedText(installation)) === text(index), `the report at ${offset} in the API`, 30_000);
      const { status } = await installation.kube.get<Node>(RESOURCES.node, 'edge-1');
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status, offset).to.equal('True');
    }
    expect(await since()).to.equal(session);
  });
});

describe('proxy variables', function () {
  this.timeout(180_000);
  const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
  let saved: (string | undefined)[];
  let installation: Installation | undefined;

  before(() => {
    saved = VARIABLES.map((name) => process.env[name]);
    // Nobody listens there.
    for (const name of VARIABLES) process.env[name] = 'http://127.0.0.1:1';
  });
  after(async () => {
    for (const [index, name] of VARIABLES.entries()) {
      if (saved[index] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = saved[index];
    }
    await installation?.remove();
  });

  it('are not used on this machine: edges, commands and the API are connected directly', async () => {
    installation = await Installation.create();
    const { edgeHub } = loadEdgeConfig(homePaths(installation.home).edge.config);
    expect(edgeHub.proxy, 'what the edge would take to another machine').to.equal('http://127.0.0.1:1');
    await installation.apply(MANIFEST);
    expect(await publishText(installation, 1)).to.equal(true);
    await eventually(async () => installation && (await reportedText(installation)) === text(1), 'the report in the API', 60_000);
  });
});

/** One report, on a connection of its own. @returns whether it was acknowledged */
async function publishText({ mqttUrl }: Installation, value: number): Promise<boolean> {
  const client = await MqttClient.connect(mqttUrl, {
    reconnect: false,
    timeoutMs: 10_000,
  });
  try {
    const payload = JSON.stringify({
      twin: {
        text: { actual: { value: text(value) }, metadata: { type: 'string' } },
      },
    });
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('not acknowledged')), 5_000).unref());
    await Promise.race([client.publish(TOPIC, payload), late]);
    return true;
  } catch {
    return false;
  } finally {
    await client.end(true);
  }
}

/** The reported value in the API, if there is one yet. */
async function reportedText({ kube }: Installation): Promise<string | undefined> {
  const found = await unlessMissing(kube.get<DeviceStatus>(RESOURCES.deviceStatus, DEVICE.name, DEVICE.namespace));
  return found?.status?.twins?.[0]?.reported?.value;
}
