import { expect } from 'chai';
import { eventually } from '../helpers/eventually.ts';
import { succeed } from '../helpers/installation.ts';
import { needs } from '../helpers/neighbour.ts';
import { SystemdHome } from '../helpers/systemd-home.ts';
import { SystemdMachine } from '../helpers/systemd-machine.ts';

const MODEL = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: thermostat}
spec:
  properties:
  - {name: temperature, type: INT, accessMode: ReadWrite}
`;
const ROLES = ['cloud', 'edge'] as const;

describe('under a systemd of its own', function () {
  this.timeout(300_000);
  let machine: SystemdMachine;
  let booted: SystemdMachine | undefined;
  let home: SystemdHome;

  before(async function () {
    needs(this, 'a bootable systemd');
    machine = booted = await SystemdMachine.create();
    home = new SystemdHome(machine, '/srv/kedge-one');
    await home.init();
    await home.join();
    await succeed(home.kedge(['device', 'model', 'create', '-f', '-'], MODEL));
    await succeed(home.kedge(['device', 'create', 'kitchen', '--model', 'thermostat', '--node', 'edge-1', '--property', 'temperature=1']));
  });
  after(async () => booted?.remove());

  const twin = async (at: string): Promise<{ desired?: string; reported?: string } | undefined> =>
    (await home.json<{ desired?: string; reported?: string }[]>(['device', 'get-twin', 'kitchen', '--at', at]))[0];

  /** The value goes to the edge as wanted, and comes back as reported over MQTT. */
  const roundTrip = async (value: string): Promise<void> => {
    await succeed(home.kedge(['device', 'set-twin', 'kitchen', `temperature=${value}`]));
    await eventually(async () => (await twin('edge'))?.desired === value, 'the desired value at the edge', 60_000);
    const report = JSON.stringify({ twin: { temperature: { actual: { value } } } });
    await succeed(home.kedge(['mqtt', 'pub', '$hw/events/device/default/kitchen/twin/update', report]));
    await eventually(async () => (await twin('cloud'))?.reported === value, 'the reported value in the cloud', 60_000);
  };

  it('installs, enables and starts a hardened unit for each daemon', async () => {
    await home.healthy();
    for (const role of ROLES) {
      expect(await home.shown(role, 'ActiveState')).to.equal('active');
      expect(await home.shown(role, 'UnitFileState')).to.equal('enabled');
      const pid = await home.shown(role, 'MainPID');
      const { stdout } = await succeed(machine.run('cat', [`/proc/${pid}/status`]));
      expect(stdout)
        .to.match(/^NoNewPrivs:\s1$/m)
        .and.to.match(/^Seccomp:\s2$/m);
      // Without --root it would be the root of this machine, outside the container.
      const write = await machine.run('nsenter', ['-t', pid, '--mount', '--root', 'touch', '/etc/kedge-was-here']);
      expect(write.stderr).to.contain('Read-only file system');
    }
  });

  for (const [index, role] of ROLES.entries()) {
    it(`restarts the ${role} after kill -9; the node is Ready, and twins go both ways`, async () => {
      await home.killAndRestart(role);
      const node = await home.json<{ status: { conditions: { type: string; status: string }[] } }>(['node', 'get', 'edge-1']);
      expect(node.status.conditions.find(({ type }) => type === 'Ready')?.status).to.equal('True');
      await roundTrip(String(20 + index));
    });
  }

  for (const role of ROLES) {
    it(`stops, starts and restarts the ${role} through systemd, and shows its log`, async () => {
      await succeed(home.kedge(['stop', role]));
      expect(await home.shown(role, 'ActiveState')).to.equal('inactive');
      await succeed(home.kedge(['start', role]));
      expect(await home.shown(role, 'ActiveState')).to.equal('active');
      const before = await home.shown(role, 'MainPID');
      const { pid } = await home.json<{ pid: number }>(['restart', role]);
      expect(await home.shown(role, 'MainPID'))
        .to.equal(String(pid))
        .and.not.equal(before);
      expect((await succeed(home.kedge(['logs', role, '--since', '1m']))).stdout).to.contain('the daemon is ready');
      await home.healthy();
    });
  }

  it('starts both at boot', async () => {
    await machine.cut();
    await machine.boot();
    await home.healthy();
  });

  it('leaves nothing after a reset', async () => {
    for (const role of ['edge', 'cloud'] as const) await home.reset(role);
    for (const role of ROLES) expect(await home.shown(role, 'LoadState')).to.equal('not-found');
    expect((await home.systemctl('list-units', '--all', '--no-legend', 'kedge-*')).stdout).to.equal('');
    expect((await machine.run('test', ['-e', home.path])).status).to.equal(1);
  });
});
