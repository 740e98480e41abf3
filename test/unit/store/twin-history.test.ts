import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TwinHistoryEntry, TwinHistoryLimits } from '../../../src/protocol/twin-history.ts';
import { openDatabase } from '../../../src/store/database.ts';
import type { Database } from '../../../src/store/database.ts';
import { DeviceTwins } from '../../../src/store/device-twins.ts';
import { EDGE_MIGRATIONS } from '../../../src/store/edge-schema.ts';
import { fairShare } from '../../../src/store/fair-share.ts';
import { TwinHistory } from '../../../src/store/twin-history.ts';

const MUCH = 16 * 1024 * 1024;

describe('the history of twins', () => {
  let folder: string;
  let db: Database;
  let twins: DeviceTwins;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kedge-history-'));
    db = openDatabase(join(folder, 'data.db'), EDGE_MIGRATIONS);
    db.pragma('synchronous = OFF');
    twins = new DeviceTwins(db);
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  const open = (limits: Partial<TwinHistoryLimits> = {}): TwinHistory => new TwinHistory(db, { perTwin: 100, maxBytes: MUCH, ...limits });
  const twin = (name: string, device = 'default/a'): void => twins.put(device, name, { type: 'int', optional: true });
  const add = (
    history: TwinHistory,
    name: string,
    value: string | undefined,
    time: number,
    side: 'reported' | 'desired' = 'reported',
  ): void => {
    const set = { value, source: 'mqtt', time } as const;
    if (side === 'desired') {
      history.desired('default/a', name, set);
      return;
    }
    twins.put('default/a', name, { type: 'int', optional: true }, history.line(set));
    history.reported('default/a', name);
  };
  const read = (history: TwinHistory, name: string, since = 0, device = 'default/a'): TwinHistoryEntry[] =>
    history
      .twinsOf(device)
      .filter((one) => one.name === name)
      .flatMap((one) => [...history.read(one, since)].flat());
  const values = (history: TwinHistory, name: string): (string | undefined)[] => read(history, name).map(({ value }) => value);
  const stored = (): { rows: number; bytes: number } =>
    db
      .prepare<[], { rows: number; bytes: number }>(
        'SELECT coalesce(sum(count), 0) AS rows, coalesce(sum(16 + length(lines)), 0) AS bytes FROM twin_history',
      )
      .get()!;

  it('keeps values with side, time and source, and that there was none any more', () => {
    const history = open();
    twin('t');
    add(history, 't', '20', 1_000, 'desired');
    add(history, 't', '19', 2_000);
    add(history, 't', undefined, 3_000, 'desired');
    add(history, 'unknown', '1', 1, 'desired');
    expect(read(history, 't')).to.deep.equal([
      { property: 't', side: 'reported', time: '1970-01-01T00:00:02.000Z', value: '19', source: 'mqtt' },
      { property: 't', side: 'desired', time: '1970-01-01T00:00:01.000Z', value: '20', source: 'mqtt' },
      { property: 't', side: 'desired', time: '1970-01-01T00:00:03.000Z', source: 'mqtt' },
    ]);
    expect(read(history, 't', 2_000).map(({ time }) => Date.parse(time))).to.deep.equal([2_000, 3_000]);
    expect(stored().rows).to.equal(3);
  });

  it('keeps the newest values of each side, over a new start', () => {
    twin('t');
    for (const part of [0, 1, 2]) {
      const history = open();
      for (let n = 0; n < 777; n++) add(history, 't', String(777 * part + n), n);
      if (part === 0) add(history, 't', 'once', 0, 'desired');
      expect(stored().rows).to.be.at.most(100 + 6 + 16 + 1);
    }
    const newest = Array.from({ length: 100 }, (_, n) => String(3 * 777 - 100 + n));
    expect(values(open(), 't')).to.deep.equal([...newest, 'once']);
  });

  it('reads rings that are longer than what is read at once', () => {
    const history = open({ perTwin: 2_000 });
    twin('t');
    for (let n = 0; n < 1_500; n++) add(history, 't', String(n), n);
    expect(values(history, 't')).to.deep.equal(Array.from({ length: 1_500 }, (_, n) => String(n)));
  });

  it('takes from the largest when all together are too many', () => {
    const maxBytes = 256 * 1024;
    const history = open({ perTwin: 100_000, maxBytes });
    for (const name of ['chatty', 'loud', 'quiet']) twin(name);
    for (let n = 0; n < 50; n++) add(history, 'quiet', String(n), n);
    for (let n = 0; n < 8_000; n++) {
      add(history, 'chatty', `value-${n}`, n);
      add(history, 'loud', 'x'.repeat(500), n);
      if (n % 100 === 0) expect(stored().bytes).to.be.at.most(maxBytes);
    }
    expect(stored().bytes).to.be.within(0.93 * maxBytes, maxBytes);
    expect(values(history, 'quiet')).to.deep.equal(Array.from({ length: 50 }, (_, n) => String(n)));
    const chatty = values(history, 'chatty');
    expect(chatty.at(-1)).to.equal('value-7999');
    // Both have about 130 kB, lines of 16 and of 506 bytes, and a row of 16 lines more or less.
    expect(chatty.length).to.be.within(6_000, 8_500);
    expect(values(history, 'loud').length).to.be.within(220, 280);
  });

  it('is right after transactions that were rolled back', () => {
    const history = open({ maxBytes: 64 * 1024 });
    twin('t');
    add(history, 't', '0', 0);
    const fail = db.transaction((name: string, value: string) => {
      twin(name);
      add(history, name, value, 1);
      throw new Error('the disk');
    });
    for (let n = 0; n < 300; n++) {
      expect(() => fail('t', 'x'.repeat(400))).to.throw('the disk');
      expect(() => fail('passing', 'x'.repeat(400))).to.throw('the disk');
    }
    twin('other');
    add(history, 'other', 'mine', 2);
    expect(values(history, 't')).to.deep.equal(['0']);
    expect(values(history, 'other')).to.deep.equal(['mine']);
  });

  it('goes with its twin and its device', () => {
    const history = open({ maxBytes: 64 * 1024 });
    for (let turn = 0; turn < 400; turn++) {
      twin('t');
      twin('u');
      add(history, 't', 'x'.repeat(400), turn);
      add(history, 'u', String(turn), turn);
      history.removeTwin('default/a', 't');
      twins.remove('default/a', 't');
    }
    expect(values(history, 't')).to.deep.equal([]);
    expect(values(history, 'u')).to.have.length(100);
    history.removeDevice('default/a');
    expect(stored()).to.deep.equal({ rows: 0, bytes: 0 });
  });

  it('keeps none if there are to be none', () => {
    twin('t');
    add(open(), 't', '1', 1);
    const history = open({ perTwin: 0 });
    add(history, 't', '2', 2);
    expect(stored().rows).to.equal(0);
    expect(values(open(), 't')).to.deep.equal([]);
  });
});

describe('a fair share', () => {
  it('gives all that is wanted to those who want little', () => {
    expect(fairShare([1, 2, 3], 6)).to.equal(Infinity);
    expect(fairShare([10, 1, 10], 11)).to.equal(5);
    expect(fairShare([4, 4], 4)).to.equal(2);
    expect(fairShare([], 4)).to.equal(Infinity);
  });
});
