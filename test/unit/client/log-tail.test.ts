import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { recordsBackwards } from '../../../src/client/log-tail.ts';

const line = (text: string): string => `${JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00.000Z', module: 'm', msg: text })}\n`;

describe('client: the end of a log', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'kedge-tail-'))));
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });
  const messages = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { message } of recordsBackwards(join(dir, 'log'))) found.unshift(message);
    return found;
  };

  it('reads blocks from the end, over the files that were set aside', async () => {
    const texts = Array.from({ length: 3000 }, (_, index) => `${index} ${'ä'.repeat(index % 90)}`);
    writeFileSync(join(dir, 'log.2'), texts.slice(0, 1000).map(line).join(''));
    writeFileSync(join(dir, 'log.1'), texts.slice(1000, 2500).map(line).join(''));
    writeFileSync(join(dir, 'log'), texts.slice(2500).map(line).join(''));
    expect(await messages()).to.deep.equal(texts);
  });

  it('keeps what no logger wrote, and a line that is longer than a block', async () => {
    const long = 'x'.repeat(200_000);
    writeFileSync(join(dir, 'log'), `Fatal error\n${line(long)}${line('last')}`);
    expect(await messages()).to.deep.equal(['Fatal error', long, 'last']);
  });

  it('finds nothing where there is no log, and what was set aside where the log is new', async () => {
    expect(await messages()).to.deep.equal([]);
    writeFileSync(join(dir, 'log.1'), line('before'));
    expect(await messages()).to.deep.equal(['before']);
    writeFileSync(join(dir, 'log'), '');
    expect(await messages()).to.deep.equal(['before']);
  });
});
