import { expect } from 'chai';
import type { Clock } from '../../../src/kernel/clock.ts';
import { silentLogger } from '../../../src/kernel/log.ts';
import type { Scope } from '../../../src/kernel/module.ts';
import { WorkQueue } from '../../../src/kernel/work-queue.ts';

function testScope(): Scope & { stop: () => void } {
  const controller = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  return {
    signal: controller.signal,
    log: silentLogger,
    defer: (release) => void releases.push(release),
    stop: () => {
      controller.abort();
      for (const release of releases.reverse()) void release();
    },
  };
}

class ManualClock implements Clock {
  #timers: { at: number; run: () => void }[] = [];
  #now = 0;
  now(): number {
    return this.#now;
  }
  elapsed(): number {
    return this.#now;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  every(): () => void {
    throw new Error('not used here');
  }
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('WorkQueue', () => {
  it('runs one at a time per key and once more for what was added meanwhile', async () => {
    const scope = testScope();
    let finish: () => void = () => undefined;
    let runs = 0;
    const queue = new WorkQueue(
      scope,
      async () => {
        runs += 1;
        await new Promise<void>((resolve) => (finish = resolve));
      },
      { concurrency: 4 },
    );
    queue.add('k');
    queue.add('k');
    queue.add('k');
    expect(runs).to.equal(1);
    finish();
    await settle();
    expect(runs).to.equal(2);
    finish();
    await settle();
    expect(runs).to.equal(2);
    expect(queue.size).to.equal(0);
  });

  it('keeps to its concurrency', async () => {
    const scope = testScope();
    const finish: (() => void)[] = [];
    const queue = new WorkQueue(scope, () => new Promise<void>((resolve) => finish.push(resolve)), { concurrency: 2 });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect(finish).to.have.length(2);
    finish[0]?.();
    await settle();
    expect(finish).to.have.length(3);
  });

  it('retries a failure after a back-off, at once when the key is added again, and never after the stop', async () => {
    const scope = testScope();
    const clock = new ManualClock();
    let runs = 0;
    const queue = new WorkQueue(
      scope,
      () => {
        runs += 1;
        return Promise.reject(new Error('no'));
      },
      { clock, initialMs: 100, maxMs: 1000 },
    );
    queue.add('k');
    await settle();
    expect(runs).to.equal(1);
    clock.advance(40);
    await settle();
    expect(runs).to.equal(1);
    clock.advance(60);
    await settle();
    expect(runs).to.equal(2);
    queue.add('k');
    await settle();
    expect(runs).to.equal(3);
    scope.stop();
    clock.advance(10_000);
    await settle();
    expect(runs).to.equal(3);
  });

  it('tells why work is being tried again, until it is done', async () => {
    const clock = new ManualClock();
    let broken = true;
    const queue = new WorkQueue(testScope(), () => (broken ? Promise.reject(new Error('no room')) : Promise.resolve()), { clock });
    queue.add('k');
    await settle();
    expect(queue.lastError).to.equal('no room');
    broken = false;
    clock.advance(200);
    await settle();
    expect(queue.lastError).to.equal(undefined);
  });
});
