import { expect } from 'chai';
import fc from 'fast-check';
import { planUpdate } from '../../../../../src/daemons/edge/devicetwin/twin-engine.ts';
import type { TwinSource } from '../../../../../src/daemons/edge/devicetwin/twin-engine.ts';
import { reportedTwin, twinDelta, twinDocument, twinResult } from '../../../../../src/daemons/edge/devicetwin/twin-messages.ts';
import { parseTwinUpdate } from '../../../../../src/protocol/twin.ts';
import type { TwinState } from '../../../../../src/store/device-twins.ts';

const NOW = 1_700_000_000_000;

/** One update of the twins, in the form in which it travels. */
function plan(twins: Record<string, TwinState>, update: object, source: TwinSource = 'edge') {
  const parsed = parseTwinUpdate(JSON.stringify({ twin: update }));
  if ('reason' in parsed) throw new Error(parsed.reason);
  const outcome = planUpdate({ twins: new Map(Object.entries(twins)), update: parsed.twins, source, now: NOW });
  if ('refusal' in outcome) return { refusal: outcome.refusal };
  return {
    writes: Object.fromEntries(outcome.writes),
    result: twinResult('', outcome.result, NOW).twin,
    document: twinDocument('', outcome.document, NOW).twin,
    reports: [...outcome.reports],
  };
}

const at = (value: string, timestamp = NOW) => ({ value, metadata: { timestamp } });
const stored: TwinState = {
  type: 'int',
  optional: true,
  expected: { value: '20', timestamp: 5 },
  actual: { value: '19', timestamp: 6 },
  expectedVersion: { cloud: 400, edge: 2 },
  actualVersion: { cloud: 0, edge: 7 },
};
const shown = { expected: at('20', 5), actual: at('19', 6), optional: true, metadata: { type: 'int' } };

describe('twin engine', () => {
  it('adds an unknown twin: optional and of type string unless it is said otherwise, the client’s timestamp ignored', () => {
    const answer = { actual: at('1'), optional: true, metadata: { type: 'string' } };
    expect(plan({}, { a: { actual: { value: '1', metadata: { timestamp: 3 } } } })).to.deep.equal({
      writes: { a: { type: 'string', optional: true, actual: { value: '1', timestamp: NOW }, actualVersion: { cloud: 0, edge: 1 } } },
      result: { a: answer },
      document: { a: { last: null, current: answer } },
      reports: ['a'],
    });
  });

  it('changes what is there: the type stays, the edge’s version grows, an equal value counts as a change', () => {
    expect(plan({ t: stored }, { t: { actual: { value: '19' }, metadata: { type: 'boolean' } } })).to.deep.equal({
      writes: { t: { ...stored, actual: { value: '19', timestamp: NOW }, actualVersion: { cloud: 0, edge: 8 } } },
      result: { t: { actual: at('19'), optional: true, metadata: { type: 'int' } } },
      document: { t: { last: shown, current: { ...shown, actual: at('19') } } },
      reports: ['t'],
    });
  });

  it('keeps expected and actual versions apart', () => {
    const { writes } = plan({ t: stored }, { t: { expected: { value: '21' } } });
    expect(writes?.['t']).to.deep.include({ expectedVersion: { cloud: 400, edge: 3 }, actualVersion: { cloud: 0, edge: 7 } });
  });

  it('lets optional become false and never true', () => {
    const off = plan({ t: stored }, { t: { optional: false } });
    expect(off.writes?.['t']).to.deep.equal({ ...stored, optional: false });
    expect(plan({ t: { ...stored, optional: false } }, { t: { optional: true } })).to.deep.equal({
      writes: {},
      result: {},
      document: {},
      reports: [],
    });
  });

  it('refuses the whole update for one wrong value or type', () => {
    const wrong = { t: { actual: { value: 'warm' } }, a: { actual: { value: '1' } } };
    expect(plan({ t: stored }, wrong)).to.deep.equal({ refusal: 'the value is not int or integer' });
    expect(plan({}, { d: { actual: { value: '1' }, metadata: { type: 'double' } } })).to.deep.equal({
      refusal: 'the value type is not allowed',
    });
    expect(plan({}, { d: { metadata: { type: 'deleted' } } })).to.deep.equal({ refusal: 'the value type is not allowed' });
  });

  it('deletes an optional twin with null: the row stays as a tombstone, and its versions grow', () => {
    expect(plan({ t: stored }, { t: null })).to.deep.equal({
      writes: { t: { type: 'deleted', optional: true, expectedVersion: { cloud: 400, edge: 3 }, actualVersion: { cloud: 0, edge: 8 } } },
      result: { t: null },
      document: { t: { last: shown, current: null } },
      reports: ['t'],
    });
  });

  it('leaves twins that are not optional, or deleted already, alone', () => {
    const nothing = { writes: {}, result: {}, document: {}, reports: [] };
    expect(plan({ t: { ...stored, optional: false } }, { t: null })).to.deep.equal(nothing);
    expect(plan({ t: { type: 'deleted', optional: true } }, { t: null })).to.deep.equal(nothing);
  });

  it('brings a deleted twin back under a new type, its versions going on', () => {
    const gone: TwinState = { type: 'deleted', optional: true, actualVersion: { cloud: 0, edge: 8 } };
    const { writes, document } = plan({ t: gone }, { t: { actual: { value: 'true' }, metadata: { type: 'boolean' } } });
    expect(writes).to.deep.equal({
      t: { type: 'boolean', optional: true, actual: { value: 'true', timestamp: NOW }, actualVersion: { cloud: 0, edge: 9 } },
    });
    expect(document?.['t']?.last).to.equal(null);
  });

  it('takes null for an unknown name without harm to the other names', () => {
    const { writes, result, document } = plan({}, { nosuch: null, a: { actual: { value: '1' } } });
    expect(document?.['nosuch']).to.deep.equal({ last: null, current: null });
    expect(Object.keys(writes ?? {})).to.deep.equal(['a']);
    expect(Object.keys(result ?? {})).to.deep.equal(['a']);
  });

  describe('cloud_updated', () => {
    const cases: [what: string, version: object | undefined, taken: boolean][] = [
      ['a newer cloud version and as new an edge version', { cloud: 410, edge: 2 }, true],
      ['the same version', { cloud: 400, edge: 2 }, true],
      ['an older cloud version', { cloud: 399, edge: 2 }, false],
      ['an edge version from before a local change', { cloud: 410, edge: 0 }, false],
      ['no version', undefined, false],
    ];
    for (const [what, expected_version, taken] of cases) {
      it(`${taken ? 'takes' : 'refuses and reports what is stored for'} ${what}`, () => {
        const { writes, reports } = plan(
          { t: stored },
          { t: { expected: { value: '50' }, expected_version, metadata: { type: 'int' } } },
          'sync',
        );
        const next = { ...stored, expected: { value: '50', timestamp: NOW }, expectedVersion: expected_version };
        expect(writes).to.deep.equal(taken ? { t: next } : {});
        expect(reports).to.deep.equal(taken ? [] : ['t']);
      });
    }

    it('deletes by type, even what applications may not delete', () => {
      const fixed = { ...stored, optional: false };
      const remove = { t: { expected: { value: '20' }, expected_version: { cloud: 410, edge: 2 }, metadata: { type: 'deleted' } } };
      const { writes, reports } = plan({ t: fixed }, remove, 'sync');
      expect(writes?.['t']).to.deep.include({ type: 'deleted', expectedVersion: { cloud: 410, edge: 2 } });
      expect(reports).to.deep.equal([]);
    });
  });

  it('membership moves no version', () => {
    const update = {
      t: { expected: { value: '61' }, expected_version: { cloud: 466, edge: 0 } },
      n: { expected: { value: '1' }, optional: false },
    };
    const { writes } = plan({ t: stored }, update, 'membership');
    expect(writes?.['t']?.expectedVersion).to.deep.equal({ cloud: 400, edge: 2 });
    expect(writes?.['n']).to.deep.include({ optional: false, expectedVersion: { cloud: 0, edge: 0 } });
  });

  it('delta names what is expected and not so, beside every twin of which something is expected', () => {
    const reached: TwinState = { ...stored, actual: { value: '20', timestamp: 6 } };
    const twins = new Map(Object.entries({ t: stored, reached, free: { type: 'string', optional: true } }));
    const delta = twinDelta(twins, { now: NOW });
    expect(delta?.delta).to.deep.equal({ t: '20' });
    expect(Object.keys(delta?.twin ?? {})).to.deep.equal(['reached', 't']);
    expect(twinDelta(new Map(Object.entries({ reached })), { now: NOW })).to.equal(undefined);
  });

  it('whatever comes: it does not throw, versions never go back, deleted twins hold no values, refusals change nothing', () => {
    const name = fc.constantFrom('a', 'b', '__proto__', 'constructor');
    const value = fc.option(fc.record({ value: fc.constantFrom('', '1', 'true', 'x', '1e999') }), { nil: undefined });
    const version = fc.option(fc.record({ cloud: fc.nat(5), edge: fc.nat(5) }), { nil: undefined });
    const patch = fc.record(
      {
        expected: value,
        actual: value,
        optional: fc.boolean(),
        metadata: fc.record({ type: fc.constantFrom('', 'string', 'int', 'float', 'boolean', 'deleted', 'double') }),
        expected_version: version,
        actual_version: version,
      },
      { requiredKeys: [] },
    );
    const step = fc.record({
      source: fc.constantFrom<TwinSource>('edge', 'membership', 'sync'),
      update: fc.array(fc.tuple(name, fc.option(patch, { freq: 4 })), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const twins = new Map<string, TwinState>();
        for (const { source, update } of steps) {
          const parsed = parseTwinUpdate(JSON.stringify({ twin: Object.fromEntries(update) }));
          if ('reason' in parsed) throw new Error(parsed.reason);
          const outcome = planUpdate({ twins, update: parsed.twins, source, now: NOW });
          if ('refusal' in outcome) continue;
          for (const [key, next] of outcome.writes) {
            const last = twins.get(key);
            for (const side of ['expectedVersion', 'actualVersion'] as const) {
              expect(next[side]?.cloud ?? 0).to.be.at.least(last?.[side]?.cloud ?? 0);
              expect(next[side]?.edge ?? 0).to.be.at.least(last?.[side]?.edge ?? 0);
            }
            if (next.type === 'deleted') expect(next).to.not.have.any.keys('expected', 'actual');
            if (last !== undefined && !last.optional) expect(next.optional).to.equal(false);
            reportedTwin(next);
            twins.set(key, next);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
