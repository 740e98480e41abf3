import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { globalAgent } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createUi } from '../../src/cli/ui.ts';
import { readStatus } from '../../src/client/status.ts';
import { KedgeError } from '../../src/kernel/errors.ts';
import { initCloud } from '../../src/setup/init-cloud.ts';
import { reset } from '../../src/setup/reset.ts';
import { DaemonProcess } from '../../src/setup/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN, run, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { pinResult } from '../helpers/pinned-result.ts';

const ui = { ...createUi({ 'no-input': true }), animated: false, line: () => undefined };
const yes = (): Promise<boolean> => Promise.resolve(true);

describe('kedge reset', function () {
  this.timeout(180_000);
  let home: string;
  let remove: () => Promise<void>;
  const kedge = (...args: string[]): Promise<Ran> => run(process.execPath, [BIN, ...args], { env: { KEDGE_HOME: home } });
  const init = () => initCloud({ home, advertiseAddress: ['127.0.0.1'], websocketPort: 0, httpsPort: 0, apiPort: 0 }, ui);

  beforeEach(async () => {
    ({ path: home, remove } = await temporaryFolder());
  });
  afterEach(async () => {
    await new DaemonProcess('cloud', home).stop();
    await remove();
  });

  it('stops the daemon, leaves nothing behind, and init begins anew', async () => {
    await init();
    const { pid } = new DaemonProcess('cloud', home);
    await writeFile(join(home, 'notes.txt'), 'mine');
    expect(await reset({ role: 'cloud', home, confirm: () => Promise.resolve(false) }, ui)).to.include({ changed: false });
    expect(new DaemonProcess('cloud', home).pid).to.equal(pid);
    expect(await reset({ role: 'cloud', home, confirm: yes }, ui)).to.deep.include({ changed: true, removed: [join(home, 'cloud')] });
    await eventually(() => !isAlive(pid ?? 0), 'the end of the process', 30_000);
    expect(await readdir(home)).to.deep.equal(['notes.txt']);
    await rm(join(home, 'notes.txt'));
    expect((await init()).changed).to.equal(true);
    expect(await reset({ role: 'cloud', home, confirm: yes }, ui)).to.include({ changed: true });
    expect(existsSync(home)).to.equal(false);
    expect(await reset({ role: 'cloud', home, confirm: yes }, ui)).to.include({ changed: false });
  });

  it('a daemon whose home is removed ends by itself', async () => {
    await init();
    const { pid = 0, paths } = new DaemonProcess('cloud', home);
    expect((await readStatus(home, 'cloud'))[0]).to.include({ health: 'healthy', pid });
    await rm(paths.socket);
    // The connection that the last question has left open would still answer.
    globalAgent.destroy();
    const [status] = await readStatus(home, 'cloud');
    expect(status).to.include({ health: 'starting', pid }).and.have.nested.property('error.hint').contain('kedge restart cloud');
    await rm(home, { recursive: true, force: true });
    await eventually(() => !isAlive(pid), 'the end of the cloud', 30_000);
  });

  it('a daemon that is suspended is told by status, and is stopped all the same', async () => {
    await init();
    const daemon = new DaemonProcess('cloud', home);
    const { pid = 0 } = daemon;
    process.kill(pid, 'SIGSTOP');
    const [status] = await readStatus(home, 'cloud');
    expect(status).to.include({ health: 'unreachable', pid, ready: false });
    expect(status?.error).to.include({ code: 'TIMEOUT', hint: 'kedge restart cloud' });
    expect(await daemon.stop()).to.equal(pid);
    await eventually(() => !isAlive(pid), 'the end of the process', 30_000);
    expect((await readStatus(home, 'cloud'))[0]).to.include({ health: 'stopped', pid: null });
  });

  it('a configuration that is not YAML is told with what to do, while the daemon runs it does no harm', async () => {
    await init();
    const daemon = new DaemonProcess('cloud', home);
    await appendFile(daemon.paths.config, 'nonsense: [\n');
    expect((await readStatus(home, 'cloud'))[0]).to.include({ health: 'healthy' });
    await daemon.stop();
    const { status, stdout, stderr } = await kedge('status');
    expect(status).to.equal(6);
    expect(stdout).to.match(/cannot start: \S+\/config\.yaml is not YAML: [^\n?]+ at line \d+, column \d+\n/);
    expect(stderr).to.contain(`Try: correct ${daemon.paths.config}, then kedge start cloud`);
  });

  it('removes what an interrupted join has left, and nothing of the cloud', async () => {
    await mkdir(join(home, 'edge', 'pki'), { recursive: true });
    await mkdir(join(home, 'cloud'));
    await writeFile(join(home, 'edge', 'pki', 'server.key.0123456789ab.tmp'), '');
    await writeFile(join(home, 'edge', 'daemon.pid'), '1 1\n');
    const before = await kedge('status', 'edge');
    expect(before.status).to.equal(3);
    expect(before.stderr).to.contain('did not come to its end').and.contain('kedge reset edge');
    expect((await kedge('reset', 'edge')).status, 'without a terminal').to.equal(2);
    const { status, stdout } = await kedge('reset', 'edge', '--yes', '-o', 'json');
    expect(status).to.equal(0);
    pinResult('reset', stdout, home);
    expect(await readdir(home)).to.deep.equal(['cloud']);
  });

  it('removes the home that an init or join has only just made', async () => {
    expect(await reset({ role: 'edge', home, confirm: yes }, ui)).to.deep.include({ changed: true, removed: [home] });
    expect(existsSync(home)).to.equal(false);
    await mkdir(home);
  });

  it('refuses what is no home of kedge', async () => {
    for (const foreign of ['/', homedir()]) {
      const error: unknown = await reset({ role: 'edge', home: foreign, confirm: yes }, ui).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_INPUT' });
    }
    await mkdir(join(home, 'edge'));
    await writeFile(join(home, 'edge', 'thesis.tex'), '');
    const error: unknown = await reset({ role: 'edge', home, confirm: yes }, ui).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'CONFLICT' });
    expect(existsSync(join(home, 'edge', 'thesis.tex'))).to.equal(true);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
