import { expect } from 'chai';
import { succeed } from '../helpers/installation.ts';
import { needs } from '../helpers/neighbour.ts';
import { SystemdHome } from '../helpers/systemd-home.ts';
import { SystemdMachine } from '../helpers/systemd-machine.ts';

const USER = 'farmer';
const UID = 4321;
const UNITS = `/home/${USER}/.config/systemd/user`;

describe('daemons under the systemd of a user', function () {
  this.timeout(300_000);
  let machine: SystemdMachine;
  let booted: SystemdMachine | undefined;
  let home: SystemdHome;

  before(async function () {
    needs(this, 'a bootable systemd', "a user's systemd");
    machine = booted = await SystemdMachine.create();
    await succeed(machine.run('useradd', ['--create-home', '--uid', String(UID), USER]));
    // As pam_systemd does when someone logs in.
    await succeed(machine.run('systemctl', ['start', `user@${UID}.service`]));
    home = new SystemdHome(machine, `/home/${USER}/.kedge`, { uid: UID });
    await home.init();
    expect((await home.join()).stderr)
      .to.contain(`while ${USER} is logged in`)
      .and.contain(`sudo loginctl enable-linger ${USER}`);
  });
  after(async () => booted?.remove());

  it('are units of the user, none of the system, and restarted after kill -9', async () => {
    expect((await machine.run('ls', [UNITS])).stdout).to.match(/^kedge-cloud\.service\nkedge-edge\.service$/m);
    expect((await succeed(machine.run('systemctl', ['list-units', '--all', '--no-legend', 'kedge-*']))).stdout).to.equal('');
    for (const role of ['cloud', 'edge'] as const) {
      expect(await home.shown(role, 'UnitFileState')).to.equal('enabled');
      const { stdout } = await succeed(machine.run('cat', [`/proc/${await home.shown(role, 'MainPID')}/status`]));
      expect(stdout)
        .to.match(new RegExp(`^Uid:\\t${UID}\\t`, 'm'))
        .and.match(/^Seccomp:\s2$/m);
      await home.killAndRestart(role);
    }
  });

  it('end with the manager of that user, and start at boot once the user lingers', async () => {
    await succeed(home.kedge(['stop', 'edge']));
    await succeed(machine.run('systemctl', ['stop', `user@${UID}.service`]));
    const { status } = await home.kedge(['status']);
    expect(status, 'without the manager').to.equal(6);
    await succeed(machine.run('loginctl', ['enable-linger', USER]));
    await machine.cut();
    await machine.boot();
    await home.healthy();
  });

  it('leave nothing after a reset', async () => {
    for (const role of ['edge', 'cloud'] as const) await home.reset(role);
    for (const role of ['edge', 'cloud'] as const) expect(await home.shown(role, 'LoadState')).to.equal('not-found');
    expect((await machine.run('find', [UNITS, '-name', 'kedge-*'])).stdout).to.equal('');
    expect((await machine.run('test', ['-e', home.path])).status).to.equal(1);
  });
});
