import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LogFile } from '../../../src/kernel/log-file.ts';

describe('kernel: log file', () => {
  it('rotates by size and keeps the newest', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kedge-log-'));
    const log = new LogFile(join(dir, 'log'), { maxBytes: 10, keep: 2 });
    for (let index = 0; index < 8; index += 1) log.write(`line ${index}\n`);
    expect(readdirSync(dir).sort()).to.deep.equal(['log', 'log.1', 'log.2']);
    expect(readFileSync(join(dir, 'log'), 'utf8')).to.equal('line 6\nline 7\n');
    expect(readFileSync(join(dir, 'log.2'), 'utf8')).to.equal('line 2\nline 3\n');
    rmSync(dir, { recursive: true });
  });

  it('ends nobody whose disk is full', () => {
    new LogFile('/dev/full').write('lost\n');
  });

  it('goes on in the same file when it cannot be set aside', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kedge-log-'));
    mkdirSync(join(dir, 'log.1', 'in the way'), { recursive: true });
    const log = new LogFile(join(dir, 'log'), { maxBytes: 10, keep: 1 });
    for (let index = 0; index < 8; index += 1) log.write(`line ${index}\n`);
    expect(readFileSync(join(dir, 'log'), 'utf8')).to.contain('line 7');
    rmSync(dir, { recursive: true });
  });
});
