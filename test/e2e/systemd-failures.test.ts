import { expect } from 'chai';
import { eventually } from '../helpers/eventually.ts';
import { succeed } from '../helpers/installation.ts';
import { needs } from '../helpers/neighbour.ts';
import { SystemdHome } from '../helpers/systemd-home.ts';
import { SystemdMachine } from '../helpers/systemd-machine.ts';

const NOBODY = 65_534;

describe('what goes wrong under a systemd of its own', function () {
  this.timeout(300_000);
  let machine: SystemdMachine;
  let booted: SystemdMachine | undefined;
  let one: SystemdHome;
  let two: SystemdHome;

  before(async function () {
    needs(this, 'a bootable systemd');
    machine = booted = await SystemdMachine.create();
    one = new SystemdHome(machine, '/srv/kedge-one');
    two = new SystemdHome(machine, '/srv/kedge-two', { ports: 10_000 });
    await one.init();
    await two.init();
  });
  after(async () => booted?.remove());

  const edit = (script: string) => succeed(machine.run('sed', ['-i', script, `${one.path}/cloud/config.yaml`]));
  /** systemd has given up: while it means to try again, the state is activating. */
  const failed = () => eventually(async () => (await one.shown('cloud', 'ActiveState')) === 'failed', 'a unit that failed', 60_000);

  it('a wrong configuration is tried once, and told by status and start until it is repaired', async () => {
    await edit('1i nonsense: 1');
    await one.signal('cloud', 'KILL');
    await failed();
    expect(await one.shown('cloud', 'NRestarts')).to.equal('1');
    expect(await one.shown('cloud', 'ExecMainStatus')).to.equal('2');
    const status = await one.kedge(['status', 'cloud']);
    expect(status.status).to.equal(6);
    expect(status.stdout).to.contain(`cannot start: ${one.path}/cloud/config.yaml: nonsense: `).and.contain(', then kedge start cloud');
    const start = await one.kedge(['start', 'cloud']);
    expect(start.status, start.stderr).to.equal(2);
    expect(start.stderr).to.contain('INVALID_CONFIG').and.contain('config.yaml: nonsense: ');
    await failed();
    expect(await one.shown('cloud', 'NRestarts')).to.equal('0');
    await edit('1d');
    await succeed(one.kedge(['start', 'cloud']));
    expect(await one.shown('cloud', 'ActiveState')).to.equal('active');
    await one.healthy();
  });

  it('a port in use is tried once', async () => {
    await succeed(one.kedge(['stop', 'cloud']));
    await edit('s/port: 10002$/port: 20002/');
    const start = await one.kedge(['start', 'cloud']);
    expect(start.status, start.stderr).to.equal(5);
    expect(start.stderr).to.contain('PORT_IN_USE').and.contain('20002');
    await failed();
    expect(await one.shown('cloud', 'NRestarts')).to.equal('0');
    const { status, stdout } = await one.kedge(['status', 'cloud']);
    expect(status).to.equal(6);
    expect(stdout).to.contain('is not running').and.contain('20002');
    await edit('s/port: 20002$/port: 10002/');
    await succeed(one.kedge(['start', 'cloud']));
  });

  it('a daemon that hangs is told by status, and cured by restart', async () => {
    await one.signal('cloud', 'STOP');
    const { status, stdout } = await one.kedge(['status']);
    expect(status).to.equal(6);
    expect(stdout).to.contain('does not answer').and.contain('Try: kedge restart cloud');
    await succeed(one.kedge(['restart', 'cloud']));
    await one.healthy();
  });

  it('a home of another user is told as such, however much of it can be seen', async () => {
    const { path } = one;
    const opened = ['', path, `${path}/cloud`];
    for (const folder of opened) {
      if (folder !== '') await succeed(machine.run('chmod', ['755', folder]));
      for (const args of [
        ['status'],
        ['status', 'cloud'],
        ['stop', 'cloud'],
        ['logs', 'cloud'],
        ['cert', 'list'],
        ['reset', 'cloud', '--yes'],
      ]) {
        const { status, stderr } = await machine.kedge(path, args, { uid: NOBODY });
        expect(status, `${folder} ${args.join(' ')} ${stderr}`).to.equal(4);
        expect(stderr)
          .to.contain('error PERMISSION')
          .and.not.match(/\n +at /);
      }
    }
    for (const folder of opened.slice(1)) await succeed(machine.run('chmod', ['700', folder]));
    await one.healthy();
  });

  it('two homes have units of their own: one is reset, the other stays', async () => {
    const pid = await two.shown('cloud', 'MainPID');
    await one.reset('cloud');
    expect(await one.shown('cloud', 'LoadState')).to.equal('not-found');
    expect(await two.shown('cloud', 'MainPID')).to.equal(pid);
    await two.healthy();
    await two.killAndRestart('cloud');
  });
});
