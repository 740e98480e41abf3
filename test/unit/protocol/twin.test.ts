import { expect } from 'chai';
import fc from 'fast-check';
import { parseBaseMessage, parseStateUpdate, parseTwinUpdate } from '../../../src/protocol/twin.ts';
import { REASON, valueRefusal } from '../../../src/protocol/twin-value.ts';

const reasonOf = (payload: unknown): string | undefined => {
  const parsed = parseTwinUpdate(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return 'reason' in parsed ? parsed.reason : undefined;
};

describe('DeviceTwinUpdate', () => {
  const refused: [string, unknown, string][] = [
    ['no JSON', '{"event_id":', REASON.unreadable],
    ['no object', '5', REASON.unreadable],
    ['a list', '[]', REASON.unreadable],
    ['nothing', '', REASON.unreadable],
    ['an event_id that is a number', { event_id: 5, twin: {} }, REASON.unreadable],
    ['a value that is a number', { twin: { t: { actual: { value: 21 } } } }, REASON.unreadable],
    ['a twin that is a list', { twin: { t: [] } }, REASON.unreadable],
    ['twins that are a list', { twin: [] }, REASON.unreadable],
    ['null', 'null', REASON.noTwin],
    ['no twin', { event_id: 'e' }, REASON.noTwin],
    ['a null twin', { twin: null }, REASON.noTwin],
    ['a name with a space', { twin: { 'a b': null } }, REASON.key],
    ['a name that is too long', { twin: { ['a'.repeat(129)]: null } }, REASON.key],
    ['an empty name', { twin: { '': null } }, REASON.key],
    ['a value with a space', { twin: { t: { expected: { value: 'a b' } } } }, REASON.value],
    ['a value with a plus', { twin: { t: { actual: { value: '+5' } } } }, REASON.value],
    ['a value that is too long', { twin: { t: { actual: { value: '1'.repeat(513) } } } }, REASON.value],
  ];
  for (const [what, payload, reason] of refused) it(`refuses ${what}`, () => expect(reasonOf(payload)).to.equal(reason));

  it('keeps the event_id of what it refuses, if it can be read', () => {
    expect(parseTwinUpdate('{"event_id":"tup-6"}')).to.deep.equal({ eventId: 'tup-6', code: 400, reason: REASON.noTwin });
  });

  it('takes names that JavaScript holds dear, nulls for what is absent, and keys that it does not know', () => {
    const parsed = parseTwinUpdate(
      '{"more":1,"twin":{"__proto__":{"actual":{"value":"1"}},"constructor":null,"t":{"expected":null,"actual":{"value":""},"metadata":{"type":"int"},"x":2}}}',
    );
    if ('reason' in parsed) throw new Error(parsed.reason);
    expect([...parsed.twins]).to.deep.equal([
      ['__proto__', { actual: { value: '1' } }],
      ['constructor', null],
      ['t', { actual: { value: '' }, type: 'int' }],
    ]);
  });

  it('takes null wherever something may be left out, as Go does', () => {
    const twin = {
      t: { actual: { value: '1', metadata: { timestamp: null } }, metadata: { type: null }, actual_version: { cloud: null, edge: 2 } },
    };
    const parsed = parseTwinUpdate(JSON.stringify({ event_id: null, timestamp: null, twin }));
    if ('reason' in parsed) throw new Error(parsed.reason);
    expect([parsed.eventId, ...parsed.twins]).to.deep.equal(['', ['t', { actual: { value: '1', version: { cloud: 0, edge: 2 } } }]]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseTwinUpdate(text);
        parseBaseMessage(Buffer.from(text));
        parseStateUpdate(text);
      }),
    );
  });
});

describe('twin values', () => {
  const cases: [type: string, value: string, reason: string | undefined][] = [
    ['', 'anything', undefined],
    ['string', '', undefined],
    ['STRING', 'x', undefined],
    ['int', '21', undefined],
    ['Integer', '-9223372036854775808', undefined],
    ['int', '9223372036854775808', REASON.int],
    ['int', '21.5', REASON.int],
    ['int', '', REASON.int],
    ['int', 'notint', REASON.int],
    ['float', '-1.5e3', undefined],
    ['float', '.5', undefined],
    ['float', 'NaN', undefined],
    ['float', '1e999', REASON.float],
    ['float', '', REASON.float],
    ['float', '0x10', REASON.float],
    ['boolean', 'true', undefined],
    ['boolean', 'True', REASON.boolean],
    ['double', '1', REASON.type],
    ['deleted', '1', REASON.type],
  ];
  for (const [type, value, reason] of cases) {
    it(`${type || 'no type'} ${reason === undefined ? 'takes' : 'refuses'} '${value}'`, () =>
      expect(valueRefusal(type, value)).to.equal(reason));
  }
});
