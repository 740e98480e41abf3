import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { DAEMON_ENVIRONMENT } from '../../../src/setup/daemon-process.ts';
import { Service, unitName } from '../../../src/setup/service.ts';
import { needs } from '../../helpers/neighbour.ts';

const HOMES = ['/var/lib/kedge', '/root/a b', '/srv/100%/$x"y'];

describe('setup: systemd units', function () {
  this.timeout(60_000);
  let dir: string;
  before(function () {
    dir = mkdtempSync(join(tmpdir(), 'kedge-unit-'));
    needs(this, 'systemd-analyze');
  });
  after(() => {
    rmSync(dir, { recursive: true });
  });

  for (const role of ['cloud', 'edge'] as const)
    for (const user of [false, true])
      it(`of the ${role}${user ? ' of a user' : ''} is one that systemd takes, whatever the home is called`, async () => {
        for (const home of HOMES) {
          const service = new Service({
            role,
            home,
            user,
            command: [process.execPath, '/bin/true', '--home', home],
            environment: DAEMON_ENVIRONMENT[role],
          });
          const path = join(dir, service.name);
          writeFileSync(path, await service.render());
          const { status, stderr } = spawnSync('systemd-analyze', [user ? '--user' : '--system', '--man=no', 'verify', path], {
            encoding: 'utf8',
            env: { ...process.env, XDG_RUNTIME_DIR: dir },
          });
          const about = stderr.split('\n').filter((line) => line.includes(service.name));
          expect({ status, about }, stderr).to.deep.equal({ status: 0, about: [] });
        }
      });

  it('gives the daemon its environment', async () => {
    const options = { role: 'cloud', home: '/srv/kedge', command: ['/bin/true'] } as const;
    const unit = await new Service({ ...options, environment: { ONE: '1', TWO: 'two' } }).render();
    expect(unit).to.match(/^\[Service\]\n(.+\n)*Environment=ONE=1\nEnvironment=TWO=two\n/m);
  });

  it('two homes never share a name', () => {
    expect(unitName('edge', '/a')).to.not.equal(unitName('edge', '/b'));
    expect(unitName('edge', '/a')).to.match(/^kedge-edge-[0-9a-f]{12}\.service$/);
  });

  it('a home that a unit cannot name is refused', async () => {
    const error: unknown = await new Service({ role: 'edge', home: '/a\nb', command: ['/bin/true'], environment: {} })
      .render()
      .catch((e: unknown) => e);
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_INPUT' });
  });
});
