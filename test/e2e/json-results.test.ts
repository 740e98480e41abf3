import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import type { Device } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation, succeed } from '../helpers/installation.ts';
import { firstLine, kedge } from '../helpers/kedge.ts';
import { pinResult } from '../helpers/pinned-result.ts';

const MODEL = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: thermostat}
spec:
  protocol: mqtt
  properties:
    - {name: temperature, type: INT, accessMode: ReadWrite, minimum: "5", maximum: "30"}
`;

/** Each command with a JSON result, in an order that works; see test/README.md for adding one. */
describe('the JSON of every command', function () {
  this.timeout(180_000);
  let installation: Installation;
  before(async () => {
    installation = await Installation.create();
  });
  after(() => installation.remove());

  /** Runs `WORDS REST -o json`, where $HOME in REST is the installation's, and compares its result with the snapshot of WORDS. */
  const pin = (words: string, rest = '', input?: string): void => {
    it(`kedge ${words}`, async () => {
      const { home } = installation;
      const args = [...words.split(' '), ...rest.replace('$HOME', home).split(' '), '-o', 'json'].filter((word) => word !== '');
      const { stdout } = await succeed(kedge(args, { home, env: { EDITOR: 'true' }, ...(input !== undefined && { input }) }));
      pinResult(words, stdout, home);
    });
  };

  /** As `pin`, for a command that goes on until it is interrupted: its first line. */
  const pinStream = (words: string, rest: string): void => {
    it(`kedge ${words}`, async () => {
      const { home } = installation;
      pinResult(words, await firstLine([...words.split(' '), ...rest.split(' '), '-o', 'json'], home), home);
    });
  };

  pin('completion', 'fish');
  pin('init cloud', '--no-service');
  pin('join edge', '--no-service');
  pin('restart', 'edge');
  pin('stop', 'edge');
  pin('start', 'edge');
  pin('status');
  pin('mqtt user add', 'kitchen --password-file -', 'secret');
  pin('mqtt acl add', 'home/%u/# --user kitchen');
  pin('mqtt user list');
  pin('mqtt acl list');
  pin('mqtt acl delete', 'home/%u/# --user kitchen');
  pin('mqtt user delete', 'kitchen');
  pin('mqtt listen add', 'mqtt://127.0.0.2:28883');
  pin('mqtt listen list');
  pin('mqtt listen delete', 'mqtt://127.0.0.2:28883');
  pin('kubeconfig');
  pin('node register', 'shed --label site=harbour');
  pin('node get', 'shed');
  pin('node list');
  pin('token create', '--uses 1');
  pin('cert list');
  pin('cert renew', 'cloud');
  pin('cert add-san', 'cloud.example.org');
  pin('token list');
  it('kedge token revoke', async () => {
    const { home } = installation;
    const { stdout } = await succeed(kedge(['token', 'list', '-o', 'json'], { home }));
    const [first] = JSON.parse(stdout) as [{ id: string }];
    pinResult('token revoke', (await succeed(kedge(['token', 'revoke', first.id, '-o', 'json'], { home }))).stdout);
  });
  pin('device model create', '-f -', MODEL);
  pin('device model get', 'thermostat');
  pin('device model list');
  pin('device create', 'kitchen --model thermostat --node edge-1 --property temperature=20');
  it('the edge has the device', async () => {
    await eventually(async () => {
      const device = await installation.kube.get<Device>(RESOURCES.device, 'kitchen', 'default');
      return device.status?.twins?.[0]?.observedDesired?.value === '20';
    }, 'the status of the device');
  });
  pin('device get', 'kitchen');
  pin('device list');
  pin('device get-twin', 'kitchen');
  pinStream('device watch', 'kitchen');
  pin('device history', 'kitchen');
  it('kedge device diff', async () => {
    const { home } = installation;
    const { status, stdout } = await kedge(['device', 'diff', 'kitchen', '-o', 'json'], { home });
    expect(status).to.equal(7);
    pinResult('device diff', stdout, home);
  });
  pin('device set-twin', 'kitchen temperature=22');
  pin('mqtt topics', 'kitchen');
  pin('device edit', 'kitchen');
  pin('device model edit', 'thermostat');
  pin('device rollback', 'kitchen --yes');
  pin('device delete', 'kitchen --yes');
  pin('device model delete', 'thermostat --yes');
  pin('mqtt status');
  pin('mqtt pub', 'default/user/greeting hello --retain');
  pinStream('mqtt sub', 'default/user/greeting');
  pin('mqtt set-mode', 'internal');
  pin('backup', '$HOME/backup');
  it('the cloud ends', () => installation.stop('cloud'));
  it('kedge restore', async () => {
    const { home } = installation;
    const { stdout } = await succeed(kedge(['restore', `${home}/backup`, '--yes', '-o', 'json'], { home }));
    pinResult('restore', stdout.replace(/before-[\w-]+/, 'before-<time>'), home);
  });
  it('the cloud begins', () => installation.start('cloud'));
  pin('sim', '--edges 2 --devices 1 --report-interval 100ms --duration 1s');
  pin('demo', '--once');
  it('kedge conformance', async () => {
    const replay = fileURLToPath(new URL('../fixtures/recordings/v1.19.2', import.meta.url));
    const { stdout } = await succeed(kedge(['conformance', '--side', 'cloud', '--replay', replay, '-o', 'json']));
    // How many of a kind come is not the same in each run, apart from what is first.
    const { groups, findings, ...report } = JSON.parse(stdout) as { groups: unknown[]; findings: unknown[] };
    pinResult('conformance', JSON.stringify({ ...report, groups: groups.slice(0, 1), findings: findings.slice(0, 1) }));
  });
});
