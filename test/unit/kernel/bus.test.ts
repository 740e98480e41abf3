import { expect } from 'chai';
import { Bus } from '../../../src/kernel/bus.ts';
import { silentLogger } from '../../../src/kernel/log.ts';
import type { Scope } from '../../../src/kernel/module.ts';

describe('Bus', () => {
  it('awaits subscribers in order, survives one that throws, and forgets a scope that ended', async () => {
    const releases: (() => void | Promise<void>)[] = [];
    const scope: Scope = { signal: new AbortController().signal, log: silentLogger, defer: (release) => void releases.push(release) };
    const bus = new Bus<{ happened: number }>();
    const seen: string[] = [];
    bus.on(scope, 'happened', async (n) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`slow ${n}`);
    });
    bus.on(scope, 'happened', () => {
      throw new Error('broken');
    });
    bus.on(scope, 'happened', (n) => void seen.push(`fast ${n}`));
    await bus.emit('happened', 1);
    expect(seen).to.deep.equal(['slow 1', 'fast 1']);
    for (const release of releases) void release();
    await bus.emit('happened', 2);
    expect(seen).to.have.length(2);
  });
});
