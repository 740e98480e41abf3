import { expect } from 'chai';
import { planRollback } from '../../../src/client/rollback.ts';
import type { TwinHistoryEntry } from '../../../src/protocol/twin-history.ts';

const at = (second: number): string => new Date(1_000 * second).toISOString();
const desired = (second: number, property: string, value?: string): TwinHistoryEntry => ({
  ...{ property, side: 'desired', time: at(second), source: 'cloud' },
  ...(value !== undefined && { value }),
});
const HISTORY: readonly TwinHistoryEntry[] = [
  desired(10, 't', '20'),
  desired(10, 'mode', 'eco'),
  { ...desired(15, 't', '99'), side: 'reported', source: 'mqtt' },
  { ...desired(16, 't', '98'), source: 'mqtt' },
  desired(20, 't', '21'),
  desired(30, 't', '22'),
  desired(30, 'mode'),
];
const now = (t: string, mode?: string): Map<string, string> =>
  new Map([['t', t], ...(mode === undefined ? [] : [['mode', mode] as const])]);

describe('a rollback', () => {
  it('goes back changes of the cloud, each all that came at once', () => {
    expect(planRollback(HISTORY, now('22'), { changes: 1 })).to.deep.equal([
      { property: 't', now: '22', then: '21' },
      { property: 'mode', then: 'eco' },
    ]);
    expect(planRollback(HISTORY, now('22'), { changes: 2 })).to.deep.equal([
      { property: 't', now: '22', then: '20' },
      { property: 'mode', then: 'eco' },
    ]);
  });

  it('counts what has not come to the edge yet as a change', () => {
    expect(planRollback(HISTORY, now('25'), { changes: 1 })).to.deep.equal([{ property: 't', now: '25', then: '22' }]);
    expect(planRollback(HISTORY, now('25'), { changes: 2 })[0]).to.deep.equal({ property: 't', now: '25', then: '21' });
  });

  it('goes back to a time', () => {
    expect(planRollback(HISTORY, now('22', 'eco'), { time: 25_000 })).to.deep.equal([{ property: 't', now: '22', then: '21' }]);
    expect(planRollback(HISTORY, now('22'), { time: 99_000 })).to.deep.equal([]);
  });

  it('goes no further than the history', () => {
    expect(() => planRollback(HISTORY, now('22'), { changes: 3 })).to.throw(`it goes back 2 changes, to ${at(10)}`);
    expect(() => planRollback(HISTORY, now('22'), { time: 9_000 })).to.throw('does not go back so far');
    expect(() => planRollback([], now('22'), { changes: 1 })).to.throw('it holds none');
  });
});
