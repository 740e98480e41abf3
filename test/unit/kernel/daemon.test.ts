import { expect } from 'chai';
import { DaemonState, runDaemon } from '../../../src/kernel/daemon.ts';
import { silentLogger } from '../../../src/kernel/log.ts';
import type { Module } from '../../../src/kernel/module.ts';

function recorder(name: string, journal: string[], onStart?: () => Promise<void> | void): Module {
  return {
    name,
    start: async (scope) => {
      journal.push(`start ${name}`);
      scope.defer(() => void journal.push(`stop ${name}`));
      await onStart?.();
    },
  };
}

describe('runDaemon', () => {
  it('starts in order and releases in reverse, with the status that stopped it', async () => {
    const journal: string[] = [];
    const stop = new AbortController();
    const status = await runDaemon([recorder('a', journal), recorder('b', journal)], {
      log: silentLogger,
      signal: stop.signal,
      onReady: () => {
        journal.push('ready');
        stop.abort(143);
      },
    });
    expect(status).to.equal(143);
    expect(journal).to.deep.equal(['start a', 'start b', 'ready', 'stop b', 'stop a']);
  });

  it('releases what was acquired when a start fails, and says which module failed', async () => {
    const journal: string[] = [];
    const state = new DaemonState();
    const failing = recorder('b', journal, () => {
      throw new Error('no disk');
    });
    const run = runDaemon([recorder('a', journal), failing, recorder('c', journal)], {
      log: silentLogger,
      signal: new AbortController().signal,
      state,
    });
    const error: unknown = await run.catch((e: unknown) => e);
    expect(error).to.be.an('error').with.property('message', 'no disk');
    expect(journal).to.deep.equal(['start a', 'start b', 'stop b', 'stop a']);
    expect(state.ready).to.equal(false);
    expect(state.report()).to.deep.equal([
      { name: 'a', state: 'ok' },
      { name: 'b', state: 'failed', detail: 'no disk' },
      { name: 'c', state: 'waiting' },
    ]);
  });

  it('one release that throws or hangs does not keep the others open', async () => {
    const journal: string[] = [];
    const stop = new AbortController();
    const bad: Module = {
      name: 'bad',
      start: (scope) => {
        scope.defer(() => Promise.reject(new Error('stuck')));
        scope.defer(() => new Promise(() => undefined));
        return Promise.resolve();
      },
    };
    await runDaemon([recorder('a', journal), bad], {
      log: silentLogger,
      signal: stop.signal,
      graceMs: 30,
      onReady: () => stop.abort(),
    });
    expect(journal).to.deep.equal(['start a', 'stop a']);
  });

  it('a stop during a start is not a failure', async () => {
    const journal: string[] = [];
    const stop = new AbortController();
    const interrupted = recorder('b', journal, () => {
      stop.abort(130);
      throw new Error('aborted');
    });
    expect(await runDaemon([recorder('a', journal), interrupted], { log: silentLogger, signal: stop.signal })).to.equal(130);
    expect(journal).to.deep.equal(['start a', 'start b', 'stop b', 'stop a']);
  });
});
