import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
});
