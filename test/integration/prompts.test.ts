import { expect } from 'chai';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyCrds } from '../../src/daemons/cloud/bootstrap/apply-crds.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import type { Device, DeviceModel } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { startControlPlane } from '../helpers/control-plane.ts';
import { BIN, run, temporaryFolder } from '../helpers/kedge.ts';
import { Terminal } from '../helpers/terminal.ts';
import { testScope } from '../helpers/test-scope.ts';

const CRDS = fileURLToPath(new URL('../../templates/crds', import.meta.url));
const ENTER = '\r';
const DOWN = '\u001b[B';
const CTRL_C = '\u0003';
const CTRL_U = '\u0015';

describe('what is missing is asked for', function () {
  this.timeout(180_000);
  let client: KubeClient;
  let env: Record<string, string>;
  const releases: (() => unknown)[] = [];

  before(async () => {
    const server = await startControlPlane();
    releases.push(() => server.stop());
    const folder = await temporaryFolder();
    releases.push(folder.remove);
    client = createKubeClient(await loadCredentials(server.kubeconfigPath));
    releases.push(() => client.close());
    await applyCrds(client, CRDS, testScope());
    env = { KUBECONFIG: server.kubeconfigPath, KEDGE_HOME: join(folder.path, 'home') };
    await client.create(RESOURCES.node, { metadata: { name: 'gateway-1' } });
    const model: DeviceModel = {
      metadata: { name: 'thermostat', namespace: 'default' },
      spec: {
        properties: [
          { name: 'humidity', type: 'FLOAT', accessMode: 'ReadOnly' },
          { name: 'temperature', type: 'INT', accessMode: 'ReadWrite', minimum: '5', maximum: '30' },
          { name: 'heating', type: 'BOOLEAN', accessMode: 'ReadWrite' },
        ],
      },
    };
    await client.create<DeviceModel>(RESOURCES.deviceModel, model);
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  const terminal = (line: string): Terminal => new Terminal([process.execPath, BIN, ...line.split(' ')], env);
  const desired = async (property: string): Promise<string | undefined> => {
    const { spec } = await client.get<Device>(RESOURCES.device, 'kitchen', 'default');
    return spec?.properties?.find(({ name }) => name === property)?.desired?.value;
  };

  it('device create: a name that is free, a model, a node', async () => {
    const screen = terminal('device create');
    await screen.answer('Name of the device', `Kitchen${ENTER}`);
    await screen.answer('lower-case letters', `${CTRL_U}kitchen${ENTER}`);
    await screen.answer('Which device model?', ENTER);
    await screen.answer('Which node?', ENTER);
    expect(await screen.close(), screen.text).to.equal(0);
    const { spec } = await client.get<Device>(RESOURCES.device, 'kitchen', 'default');
    expect(spec).to.deep.include({ deviceModelRef: { name: 'thermostat' }, nodeName: 'gateway-1' });
  });

  it('device set-twin: the device, a property that may be set, and a value within its limits', async () => {
    const screen = terminal('device set-twin');
    await screen.answer('Which device?', ENTER);
    await screen.answer('temperature (INT, 5 to 30), now not set', ENTER);
    expect(screen.text).not.to.contain('humidity');
    await screen.answer('Value of temperature', `40${ENTER}`);
    await screen.answer('above its maximum 30', `${CTRL_U}22${ENTER}`);
    expect(await screen.close(), screen.text).to.equal(0);
    expect(await desired('temperature')).to.equal('22');
  });

  it('device set-twin: true or false for what is a switch', async () => {
    const screen = terminal('device set-twin kitchen');
    await screen.answer('Which property?', `${DOWN}${ENTER}`);
    await screen.answer('Value of heating', ENTER);
    expect(await screen.close(), screen.text).to.equal(0);
    expect(await desired('heating')).to.equal('true');
  });

  it('Ctrl-C at a question changes nothing', async () => {
    const screen = terminal('device delete');
    await screen.answer('Which device?', ENTER);
    await screen.answer('Delete device kitchen?', CTRL_C);
    expect(await screen.close(), screen.text).to.equal(130);
    expect(await desired('temperature')).to.equal('22');
  });

  it('without a terminal, and with --no-input, the flag is named', async () => {
    const screen = terminal('device get --no-input');
    expect(await screen.close()).to.equal(2);
    expect(screen.text).to.contain('NAME is missing');
    for (const [line, flag] of [
      ['device watch', 'NAME'],
      ['device set-twin kitchen', 'PROPERTY=VALUE'],
      ['node register', 'NAME'],
      ['start', 'cloud or edge'],
      ['completion', 'bash, zsh, fish'],
    ] as const) {
      const { status, stderr } = await run(process.execPath, [BIN, ...line.split(' ')], { env });
      expect(status, line).to.equal(2);
      expect(stderr, line).to.contain(`${flag} is missing`);
    }
  });
});
