import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MqttClient } from '../../src/mqtt/client.ts';
import { newMessage } from '../../src/protocol/message.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN, plainEnvironment, run } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { EdgeDaemon } from '../helpers/test-edge.ts';
import { TlsHub, testPki } from '../helpers/tls-hub.ts';
import type { TestPki } from '../helpers/tls-hub.ts';

const metadata = (name: string) => ({ name, namespace: 'default', uid: name, resourceVersion: '1' });
const MODEL = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'DeviceModel',
  metadata: metadata('thermostat'),
  spec: { properties: [{ name: 'temperature', type: 'INT', accessMode: 'ReadWrite' }] },
};
const DEVICE = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'Device',
  metadata: metadata('heater'),
  spec: { deviceModelRef: { name: 'thermostat' }, nodeName: 'edge1', properties: [{ name: 'temperature', desired: { value: '21' } }] },
};

describe('reading at the edge, without the cloud', function () {
  this.timeout(60_000);
  let pki: TestPki;
  let edge: EdgeDaemon;
  let env: Record<string, string>;

  before(async () => {
    pki = await testPki('edge1');
    const cloud = new TlsHub();
    const port = await cloud.listen(pki.serverPair('127.0.0.1'), pki.ca.certPem);
    const [certPem, keyPem] = await Promise.all([readFile(pki.files.cert, 'utf8'), readFile(pki.files.key, 'utf8')]);
    edge = await EdgeDaemon.start({ nodeName: 'edge1', websocketPort: port, ca: pki.ca.certPem, pair: { certPem, keyPem } });
    await writeFile(edge.paths.config, '');
    // A kubeconfig whose server does not answer.
    const kubeconfig = `${edge.paths.dir}/kubeconfig`;
    const cluster = { server: 'https://127.0.0.1:1' };
    const contexts = [{ name: 'x', context: { cluster: 'c', user: '' } }];
    await writeFile(kubeconfig, JSON.stringify({ clusters: [{ name: 'c', cluster }], contexts, 'current-context': 'x' }));
    env = { KUBECONFIG: kubeconfig, KEDGE_HOME: dirname(edge.paths.dir) };
    const session = await cloud.session(0);
    for (const [resource, object] of [
      ['default/devicemodel/thermostat', MODEL],
      ['default/device/heater', DEVICE],
    ] as const) {
      const message = newMessage({ source: 'devicecontroller', group: 'resource', operation: 'insert', resource }, object, {
        resourceVersion: '1',
      });
      session.send(message);
      await session.next(({ header }) => header.parent_msg_id === message.header.msg_id);
    }
    await cloud.close();
  });
  after(async () => {
    await edge.remove();
    await pki.remove();
  });

  const kedge = (line: string): Promise<Ran> => run(process.execPath, [BIN, ...line.split(' ')], { env });
  const mqttUrl = async (): Promise<string> => {
    const { stdout } = await kedge('mqtt status -o json');
    const [url = ''] = (JSON.parse(stdout) as { urls: string[] }).urls;
    expect(url).to.match(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
    return url;
  };

  it('lists and shows devices and twins', async () => {
    expect((await kedge('device list')).stdout.split('\n')[1]).to.match(/^heater +thermostat +edge1 /);
    expect(JSON.parse((await kedge('device list -o json')).stdout)).to.have.nested.property('items[0].metadata.name', 'heater');
    const { stdout } = await kedge('device get-twin heater temperature --at edge -o json');
    expect(JSON.parse(stdout)).to.deep.equal({ property: 'temperature', desired: '21', type: 'int' });
    const missing = await kedge('device get toaster');
    expect(missing.status).to.equal(3);
    expect(missing.stderr).to.contain('no device default/toaster');
  });

  it('does not pretend to write', async () => {
    const { status, stderr } = await kedge('device set-twin heater temperature=3');
    expect(status, stderr).to.equal(6);
    expect(stderr).to.contain('error UNREACHABLE');
  });

  it('follows a twin', async () => {
    const child = spawn(process.execPath, [BIN, 'device', 'watch', 'heater', '-o', 'json'], {
      env: plainEnvironment(env),
      stdio: 'pipe',
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const app = await MqttClient.connect(await mqttUrl());
    try {
      await eventually(() => text.includes('"desired":"21"'), 'the present state', 30_000);
      const payload = JSON.stringify({ twin: { temperature: { actual: { value: '20' } } } });
      await app.publish('$hw/events/device/default/heater/twin/update', payload);
      await eventually(() => text.includes('"reported":"20"'));
    } finally {
      await app.end();
      child.kill('SIGINT');
    }
    expect(await ended).to.equal(130);
  });

  it('tells how the edge is, also when it is down', async () => {
    const { status, stdout } = await kedge('status edge -o json');
    // The hub of this test confirms no node status.
    expect(status).to.equal(7);
    const report = JSON.parse(stdout) as { ports: Record<string, number> };
    expect(report).to.deep.include({ role: 'edge', pid: process.pid, ready: true, health: 'degraded' });
    expect(report.ports['eventbus']).to.equal(Number(new URL(await mqttUrl()).port));
    expect((await kedge('status')).stdout).to.match(/edge: degraded, process \d+[^]*\nMODULE/);
    await edge.halt();
    const down = await kedge('status -o json');
    expect(down.status).to.equal(6);
    expect(down.stderr).to.contain('is not running');
    expect(JSON.parse(down.stdout)).to.have.nested.property('[0].pid', null);
    expect((await kedge('mqtt status')).status).to.equal(6);
    expect((await kedge('device list --at edge')).status).to.equal(6);
  });
});
