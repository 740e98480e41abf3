import { expect } from 'chai';
import { FilterTree } from '../../../src/mqtt/filter-tree.ts';
import { coversFilter, isTopicFilter, matchesFilter } from '../../../src/protocol/topic-filter.ts';

/** MQTT 3.1.1 §4.7. */
const CASES: [filter: string, topic: string, matches: boolean][] = [
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/c', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a', false],
  ['a/+', 'a/', true],
  ['+', '/a', false],
  ['+/+', '/a', true],
  ['/+', '/a', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['#', 'a/b', true],
  ['#', '$hw/events', false],
  ['+/events', '$hw/events', false],
  ['$hw/#', '$hw/events', true],
  ['$hw/+', '$hw/events', true],
  ['a/+/c', 'a//c', true],
];

describe('topic filters', () => {
  for (const [filter, topic, matches] of CASES) {
    it(`${filter} ${matches ? 'takes' : 'leaves out'} ${topic}`, () => {
      expect(matchesFilter(filter, topic)).to.equal(matches);
      const tree = new FilterTree();
      tree.set(filter, 'client', 1);
      expect([...tree.match(topic)]).to.deep.equal(matches ? [['client', 1]] : []);
      tree.delete(filter, 'client');
      expect(tree.match(topic).size).to.equal(0);
    });
  }

  it('are told from what is none', () => {
    for (const good of ['a', '/', '+', '#', 'a/+/b/#', '$hw/#']) expect(isTopicFilter(good), good).to.equal(true);
    for (const bad of ['', 'a#', '#/a', 'a/b+', '+a', 'a/#/b', 'a\0']) expect(isTopicFilter(bad), bad).to.equal(false);
  });

  it('cover each other when nothing is left out', () => {
    for (const [outer, inner] of [
      ['#', 'a/#'],
      ['a/#', 'a/#'],
      ['a/#', 'a/+/b'],
      ['a/+', 'a/b'],
      ['+/+', 'a/+'],
      ['a/#', 'a'],
    ] as const)
      expect(coversFilter(outer, inner), `${outer} ${inner}`).to.equal(true);
    for (const [outer, inner] of [
      ['a/+', 'a/#'],
      ['a/b', 'a/+'],
      ['+', '#'],
      ['#', '$hw/#'],
      ['+/b', '$hw/b'],
      ['a/+/c', 'a/#'],
      ['a/+', '+/b'],
    ] as const)
      expect(coversFilter(outer, inner), `${outer} ${inner}`).to.equal(false);
  });

  it('of one client count once, with the highest QoS', () => {
    const tree = new FilterTree();
    tree.set('a/#', 'x', 1);
    tree.set('a/+', 'x', 2);
    tree.set('a/b', 'y', 1);
    expect(Object.fromEntries(tree.match('a/b'))).to.deep.equal({ x: 2, y: 1 });
  });
});
