import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inbox } from '../../../../../src/daemons/edge/edgehub/inbox.ts';

describe('the inbox of the edge', () => {
  it('begins with a text when the one before waits for the disk, and not sooner', async () => {
    const facts: string[] = [];
    const commits: (() => void)[] = [];
    const inbox = new Inbox(async (text) => {
      facts.push(`${text} begun`);
      // Whoever waits for an answer goes on some promises later.
      for (let step = 0; step < 20; step += 1) await Promise.resolve();
      facts.push(`${text} written`);
      await new Promise<void>((resolve) => commits.push(resolve));
      facts.push(`${text} on disk`);
    });
    for (const text of ['a', 'b', 'c']) inbox.add(text);
    await nextTurn();
    expect(facts).to.deep.equal(['a begun', 'a written', 'b begun', 'b written', 'c begun', 'c written']);
    for (const commit of commits) commit();
    await nextTurn();
    expect(facts.slice(6)).to.deep.equal(['a on disk', 'b on disk', 'c on disk']);
  });

  it('handles 64 at the same time, keeps 100 more, and stops the sender until half of them are gone', async () => {
    const ends: (() => void)[] = [];
    const flow: string[] = [];
    const inbox = new Inbox(() => new Promise<void>((resolve) => ends.push(resolve)));
    inbox.attach({ pause: () => flow.push('pause'), resume: () => flow.push('resume') });
    for (let count = 0; count < 64 + 99; count += 1) {
      inbox.add('x');
      await nextTurn();
    }
    expect(ends).to.have.length(64);
    expect(flow).to.deep.equal(['resume']);
    inbox.add('x');
    await nextTurn();
    expect(flow).to.deep.equal(['resume', 'pause']);
    for (let ended = 0; ended < 49; ended += 1) {
      ends[ended]?.();
      await nextTurn();
    }
    expect(flow).to.deep.equal(['resume', 'pause']);
    ends[49]?.();
    await nextTurn();
    expect(flow).to.deep.equal(['resume', 'pause', 'resume']);
    for (let ended = 50; ended < 164; ended += 1) {
      ends[ended]?.();
      await nextTurn();
    }
    expect(ends).to.have.length(164);
  });

  it('counts what is being handled into the bytes that it holds', async () => {
    const ends: (() => void)[] = [];
    const flow: string[] = [];
    const inbox = new Inbox(() => new Promise<void>((resolve) => ends.push(resolve)));
    inbox.attach({ pause: () => flow.push('pause'), resume: () => flow.push('resume') });
    for (let count = 0; count < 4; count += 1) inbox.add('x'.repeat(1024 * 1024));
    await nextTurn();
    expect(flow).to.deep.equal(['resume', 'pause']);
    ends[0]?.();
    await nextTurn();
    expect(flow).to.have.length(2);
    ends[1]?.();
    await nextTurn();
    expect(flow).to.deep.equal(['resume', 'pause', 'resume']);
  });
});
