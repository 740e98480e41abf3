import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { holdPidFile, pidFileHolder, watchPidFile } from '../../../src/kernel/pid-file.ts';
import { eventually } from '../../helpers/eventually.ts';

describe('kernel: pid file', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-pid-'));
    path = join(dir, 'daemon.pid');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('has one living holder, and is gone after its release', () => {
    const release = holdPidFile(path);
    expect(pidFileHolder(path)).to.equal(process.pid);
    expect(() => holdPidFile(path))
      .to.throw(`process ${process.pid}`)
      .with.property('code', 'CONFLICT');
    release();
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('is taken over from a dead process, a re-used number and from rubbish', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    for (const content of [`${child.pid} 1\n`, `${process.pid} 1\n`, 'rubbish']) {
      writeFileSync(path, content);
      expect(pidFileHolder(path), content).to.equal(undefined);
      holdPidFile(path)();
      expect(existsSync(path)).to.equal(false);
    }
  });

  it('tells when it was removed, and not when it was set aside for a moment', async () => {
    const release = holdPidFile(path);
    let told = 0;
    const unwatch = watchPidFile(path, () => (told += 1));
    renameSync(path, `${path}.aside`);
    renameSync(`${path}.aside`, path);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(told).to.equal(0);
    rmSync(path);
    await eventually(() => told === 1);
    unwatch();
    release();
  });

  it('does without a watch where there can be none', () => {
    const unwatch = watchPidFile(join(dir, 'missing', 'daemon.pid'), () => {
      throw new Error('told of nothing');
    });
    unwatch();
  });
});
