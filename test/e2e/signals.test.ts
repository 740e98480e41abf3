import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { adminRequest } from '../../src/client/admin-client.ts';
import { homePaths } from '../../src/config/home.ts';
import { pidFileHolder } from '../../src/kernel/pid-file.ts';
import { daemonChild, foregroundChild } from '../helpers/daemon-child.ts';
import type { DaemonChild } from '../helpers/daemon-child.ts';
import { Installation } from '../helpers/installation.ts';
import type { Role } from '../helpers/installation.ts';
import { kedge } from '../helpers/kedge.ts';

const READY = 'the daemon is ready';
const STOPS = 'the daemon stops';
/** What each says once it has a session with the other. */
const SESSION = { cloud: 'edge connected', edge: 'connected to the cloud' };
const STATUS = { SIGINT: 130, SIGTERM: 143 };

describe('signals and exit statuses of the daemons', function () {
  this.timeout(300_000);
  let installation: Installation;
  let children: DaemonChild[] = [];
  const child = (make: (role: Role, home: string) => DaemonChild, role: Role): DaemonChild => {
    const made = make(role, installation.home);
    children.push(made);
    return made;
  };
  const started = (role: Role): Promise<DaemonChild> => child(daemonChild, role).said(READY);

  before(async () => {
    installation = await Installation.create();
    for (const role of ['edge', 'cloud'] as const) await installation.stop(role);
  });
  afterEach(async () => {
    for (const one of children) await one.remove();
    children = [];
  });
  after(() => installation.remove());

  for (const role of ['cloud', 'edge'] as const) suite(role);

  function suite(role: Role): void {
    const paths = () => homePaths(installation.home)[role];
    const other = role === 'cloud' ? 'edge' : 'cloud';
    /** A daemon with a session to the other, which has just stopped to answer: saying goodbye to it takes a second. */
    const withSilentPeer = async (make: (role: Role, home: string) => DaemonChild): Promise<DaemonChild> => {
      const peer = child(daemonChild, other);
      const daemon = await child(make, role).said(SESSION[role]);
      peer.kill('SIGSTOP');
      return daemon;
    };

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`${role}: ${signal} stops it in order`, async () => {
        const daemon = await started(role);
        daemon.kill(signal);
        expect(await daemon.ended(), daemon.text).to.equal(0);
        expect(daemon.text).to.contain(STOPS).and.to.not.contain('"level":"error"');
        expect([existsSync(paths().pid), existsSync(paths().socket)]).to.deep.equal([false, false]);
      });
    }

    it(`${role}: SIGTERM stops it as it starts, too`, async () => {
      const daemon = await child(daemonChild, role).said('the daemon starts');
      daemon.kill('SIGTERM');
      expect(await daemon.ended(), daemon.text).to.equal(0);
      expect(daemon.text).to.contain(STOPS);
      expect([existsSync(paths().pid), existsSync(paths().socket)]).to.deep.equal([false, false]);
    });

    it(`${role}: SIGHUP is nothing to it`, async () => {
      const daemon = await started(role);
      daemon.kill('SIGHUP');
      expect(await adminRequest(paths().socket, 'GET', '/status')).to.include({ ready: true });
      daemon.kill('SIGTERM');
      expect(await daemon.ended(), daemon.text).to.equal(0);
    });

    for (const [first, second] of [
      ['SIGTERM', 'SIGTERM'],
      ['SIGTERM', 'SIGINT'],
      ['SIGINT', 'SIGTERM'],
    ] as const) {
      it(`${role}: ${second} after ${first} ends it at once, and it starts again`, async () => {
        const daemon = await withSilentPeer(daemonChild);
        daemon.kill(first);
        await daemon.said(STOPS);
        daemon.kill(second);
        expect(await daemon.ended(), daemon.text).to.equal(STATUS[second]);
        await started(role);
      });
    }

    it(`${role} --foreground: the statuses of a command`, async () => {
      const daemon = await child(foregroundChild, role).said(READY);
      daemon.kill('SIGTERM');
      expect(await daemon.ended(), daemon.text).to.equal(STATUS.SIGTERM);
      expect(existsSync(paths().pid)).to.equal(false);
      const hasty = await withSilentPeer(foregroundChild);
      hasty.kill('SIGTERM');
      await hasty.said(STOPS);
      hasty.kill('SIGINT');
      expect(await hasty.ended(), hasty.text).to.equal(STATUS.SIGINT);
    });

    it(`${role}: a wrong configuration is status 2 and names the key`, async () => {
      const { config } = paths();
      const good = await readFile(config, 'utf8');
      try {
        await writeFile(config, good.replace(/level: \w+/, 'level: loud'));
        await refused(role, { status: 2, code: 'INVALID_CONFIG', says: `${config}: log.level`, hint: `correct this key in ${config}` });
        await writeFile(config, `${good}\n  - : {`);
        await refused(role, { status: 2, code: 'INVALID_CONFIG', says: `${config} is not YAML`, hint: config });
      } finally {
        await writeFile(config, good);
      }
    });

    it(`${role}: a port in use is status 5 and names its holder`, async () => {
      const server = createServer();
      const port = installation.ports[role === 'cloud' ? 'websocket' : 'mqtt'];
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      try {
        const says = `is in use by node (process ${process.pid})`;
        await refused(role, { status: 5, code: 'PORT_IN_USE', says, hint: 'stop that process, or choose another port' });
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it(`${role}: a second one in the same home is status 5`, async () => {
      await started(role);
      const second = child(daemonChild, role);
      expect(await second.ended()).to.equal(5);
      expect(lastRecord(second.text)).to.include({ code: 'CONFLICT' });
    });
  }

  /** The daemon ends so, and `kedge start` tells a person the same. */
  async function refused(role: Role, { status, code, says, hint }: { status: number; code: string; says: string; hint: string }) {
    const daemon = child(daemonChild, role);
    expect(await daemon.ended(), daemon.text).to.equal(status);
    expect(lastRecord(daemon.text)).to.include({ code }).and.property('msg').contain(says);
    expect(pidFileHolder(homePaths(installation.home)[role].pid)).to.equal(undefined);
    const told = await kedge(['start', role], { home: installation.home });
    expect(told.status, told.stderr).to.equal(status);
    expect(told.stderr).to.contain(`error ${code}: `).and.contain(says).and.contain(`Try: `).and.contain(hint);
  }
});

function lastRecord(log: string): unknown {
  return JSON.parse(log.trim().split('\n').at(-1) ?? '');
}
