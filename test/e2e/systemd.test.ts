import { expect } from 'chai';
import { unitName } from '../../src/setup/service.ts';
import { eventually } from '../helpers/eventually.ts';
import { succeed } from '../helpers/installation.ts';
import { needs } from '../helpers/neighbour.ts';
import { SystemdMachine } from '../helpers/systemd-machine.ts';

const HOME = '/srv/kedge-one';

describe('under a systemd of its own', function () {
  this.timeout(300_000);
  let machine: SystemdMachine;
  let booted: SystemdMachine | undefined;
  const roles = ['cloud', 'edge'] as const;

  before(async function () {
    needs(this, 'a bootable systemd');
    machine = booted = await SystemdMachine.create();
    await succeed(machine.kedge(HOME, ['init', 'cloud', '--advertise-address', '127.0.0.1']));
    const { stdout } = await succeed(machine.kedge(HOME, ['token', 'create', '-o', 'json']));
    const { token } = JSON.parse(stdout) as { token: string };
    const where = ['--cloud', '127.0.0.1:10002', '--node-name', 'edge-1', '--runtime', 'none'];
    await succeed(machine.kedge(HOME, ['join', 'edge', ...where, '--token-file', '-'], token));
  });
  after(async () => booted?.remove());

  const shown = async (role: string, property: string): Promise<string> =>
    (await succeed(machine.run('systemctl', ['show', '--value', `--property=${property}`, unitName(role, HOME)]))).stdout.trim();
  const healthy = () => eventually(async () => (await machine.kedge(HOME, ['status'])).status === 0, 'both daemons are healthy', 60_000);

  it('installs, enables and starts a hardened unit for each daemon', async () => {
    await healthy();
    for (const role of roles) {
      expect(await shown(role, 'ActiveState')).to.equal('active');
      expect(await shown(role, 'UnitFileState')).to.equal('enabled');
      const { stdout } = await succeed(machine.run('cat', [`/proc/${await shown(role, 'MainPID')}/status`]));
      expect(stdout)
        .to.match(/^NoNewPrivs:\s1$/m)
        .and.to.match(/^Seccomp:\s2$/m);
      const pid = await shown(role, 'MainPID');
      // Without --root it would be the root of this machine, outside the container.
      const write = await machine.run('nsenter', ['-t', pid, '--mount', '--root', 'touch', '/etc/kedge-was-here']);
      expect(write.stderr).to.contain('Read-only file system');
    }
  });

  for (const role of roles) {
    it(`restarts the ${role} after kill -9`, async () => {
      const before = await shown(role, 'MainPID');
      await succeed(machine.run('kill', ['-9', before]));
      await eventually(async () => !['0', before].includes(await shown(role, 'MainPID')), 'another process', 60_000);
      await healthy();
    });
  }

  it('stops and starts through systemd', async () => {
    await succeed(machine.kedge(HOME, ['stop', 'edge']));
    expect(await shown('edge', 'ActiveState')).to.equal('inactive');
    await succeed(machine.kedge(HOME, ['start', 'edge']));
    expect(await shown('edge', 'ActiveState')).to.equal('active');
    await healthy();
  });

  it('starts both at boot', async () => {
    await machine.cut();
    await machine.boot();
    await healthy();
  });

  it('leaves nothing after a reset', async () => {
    for (const role of ['edge', 'cloud']) await succeed(machine.kedge(HOME, ['reset', role, '--yes']));
    for (const role of roles) expect(await shown(role, 'LoadState')).to.equal('not-found');
    expect((await machine.run('systemctl', ['list-units', '--all', '--no-legend', 'kedge-*'])).stdout).to.equal('');
    expect((await machine.run('test', ['-e', HOME])).status).to.equal(1);
  });
});
