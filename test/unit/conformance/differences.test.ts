import { expect } from 'chai';
import { Uids, differencesOf } from '../../../src/conformance/differences.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`) as [string, string, string];

describe('the differences between two messages', () => {
  it('are fields that are other, missing or too many, by their path', () => {
    const expected = { route: { source: 'edged' }, content: { list: [1, 2], gone: true } };
    const got = { route: { source: 'edgecontroller', group: 'meta' }, content: { list: [1] } };
    expect(differencesOf(expected, got)).to.deep.equal([
      { path: 'route.source', expected: 'edged', got: 'edgecontroller' },
      { path: 'route.group', got: 'meta' },
      { path: 'content.list[1]', expected: 2 },
      { path: 'content.gone', expected: true },
    ]);
  });

  it('are none where JSON in a string says the same', () => {
    expect(differencesOf({ content: '{"a":1,"b":2}' }, { content: '{"b":2,"a":1}' })).to.deep.equal([]);
    expect(differencesOf({ content: '{"a":1}' }, { content: '{"a":2}' })).to.deep.equal([{ path: 'content.a', expected: 1, got: 2 }]);
  });

  it('are none in ids, times and versions of the same form, and some in what has another form or is missing', () => {
    const header = { msg_id: A, timestamp: 1_795_227_052_525, resourceversion: '361' };
    expect(differencesOf({ header }, { header: { msg_id: B, timestamp: 1_795_999_999_999, resourceversion: '2' } })).to.deep.equal([]);
    const paths = differencesOf({ header }, { header: { msg_id: '7', timestamp: 1_795_227_052 } }).map(({ path }) => path);
    expect(paths).to.deep.equal(['header.msg_id', 'header.timestamp', 'header.resourceversion']);
  });

  it('tell an object that was taken for another', () => {
    const uids = new Uids();
    const of = (uid: string): unknown => ({ content: { metadata: { uid } } });
    expect(differencesOf(of(A), of(B), uids)).to.deep.equal([]);
    expect(differencesOf(of(A), of(C), uids)).to.have.length(1);
    expect(differencesOf(of(C), of(B), uids)).to.have.length(1);
    expect(differencesOf(of(A), of(B), uids)).to.deep.equal([]);
  });
});
