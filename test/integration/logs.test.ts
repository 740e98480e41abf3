import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { createLogger } from '../../src/kernel/log.ts';
import { LogFile } from '../../src/kernel/log-file.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN, plainEnvironment, run, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { pinResult } from '../helpers/pinned-result.ts';

describe('kedge logs', function () {
  this.timeout(120_000);
  let home: string;
  let remove: () => Promise<void>;
  let log: string;
  const logs = (...args: string[]): Promise<Ran> => run(process.execPath, [BIN, 'logs', ...args], { env: { KEDGE_HOME: home } });

  beforeEach(async () => {
    ({ path: home, remove } = await temporaryFolder());
    await mkdir(join(home, 'edge'));
    log = join(home, 'edge', 'log');
  });
  afterEach(() => remove());

  it('shows what is urgent enough and new enough, for people and as JSON', async () => {
    const old = { level: 'error', time: '2020-01-01T00:00:00.000Z', module: 'edgehub', msg: 'long ago' };
    await writeFile(`${log}.1`, `${JSON.stringify(old)}\n`);
    const logger = createLogger(new LogFile(log)).child({ module: 'edgehub' });
    logger.info({}, 'it starts');
    logger.warn({ err: new Error('refused'), retryInMs: 400 }, 'cannot connect');
    const { stdout } = await logs('edge', '--level', 'warn', '--since', '10m', '-o', 'json');
    expect(stdout.trim().split('\n')).to.have.length(1);
    pinResult('logs', stdout, home);
    const people = await logs('--tail', '1');
    expect(people.stdout).to.match(/^\S+Z warn {2}edgehub: cannot connect: refused {2}retryInMs=400\n$/);
    expect((await logs()).stdout).to.match(/long ago\n.*it starts\n.*cannot connect/);
    expect((await logs('--since', 'noon')).status).to.equal(2);
    expect((await logs('cloud')).status).to.equal(3);
  });

  it('follows over a rotation, and ends with Ctrl-C', async () => {
    await writeFile(log, 'first\n');
    const child = spawn(process.execPath, [BIN, 'logs', 'edge', '-f'], { env: plainEnvironment({ KEDGE_HOME: home }) });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    try {
      await eventually(() => stdout.includes('first'), 'what was there', 60_000);
      await appendFile(log, 'second\n');
      await rename(log, `${log}.1`);
      await appendFile(`${log}.1`, 'third\n');
      await writeFile(log, 'fourth\n');
      await eventually(() => stdout.includes('fourth'), 'the new file', 60_000);
      expect(stdout.replaceAll(/error +/g, '')).to.equal('first\nsecond\nthird\nfourth\n');
    } finally {
      child.kill('SIGINT');
    }
    expect((await once(child, 'exit'))[0]).to.equal(130);
  });
});
