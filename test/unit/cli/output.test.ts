import { expect } from 'chai';
import { parse } from 'yaml';
import { age } from '../../../src/cli/age.ts';
import { parseDuration } from '../../../src/cli/duration.ts';
import { names, render } from '../../../src/cli/output.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';

const human = (format: string): string => `for people: ${format}`;

describe('render', () => {
  const list = {
    kind: 'List',
    items: [{ metadata: { name: 'a', managedFields: [{}] }, spec: { mode: 'on', since: '2026-01-01', n: '0777' } }],
  };

  it('writes the result itself as JSON and YAML, without managedFields', async () => {
    const expected = { kind: 'List', items: [{ metadata: { name: 'a' }, spec: list.items[0]?.spec }] };
    expect(JSON.parse(await render(list, 'json', human))).to.deep.equal(expected);
    const yaml = await render(list, 'yaml', human);
    for (const version of ['1.1', '1.2'] as const) expect(parse(yaml, { version })).to.deep.equal(expected);
  });

  it('leaves the other formats to the command', async () => {
    expect(await render(list, 'wide', human)).to.equal('for people: wide');
  });

  it('names objects as kubectl does', () => {
    expect(names(RESOURCES.node, [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }])).to.equal('node/a\nnode/b');
    expect(names(RESOURCES.device, [{ metadata: { name: 'a' } }])).to.equal('device.devices.kubeedge.io/a');
  });
});

describe('age', () => {
  const now = Date.parse('2026-01-10T00:00:00Z');
  const ago = (seconds: number): string | undefined => age(new Date(now - seconds * 1000).toISOString(), now);

  it('counts in two units while the numbers are small', () => {
    expect([0, 59, 119, 120, 200, 3600, 7300, 86_400 * 3, 86_400 * 3 + 7200, 86_400 * 800].map(ago)).to.deep.equal([
      '0s', '59s', '119s', '2m', '3m20s', '60m', '2h1m', '3d', '3d2h', '2y70d',
    ]); // prettier-ignore
    expect(age(undefined, now)).to.equal(undefined);
    expect(age('soon', now)).to.equal(undefined);
    expect(ago(-5)).to.equal('0s');
  });
});

describe('parseDuration', () => {
  it('reads what people write and refuses the rest', () => {
    expect(['500ms', '30s', '5m', '24h', '7d', '45'].map(parseDuration)).to.deep.equal([
      500, 30_000, 300_000, 86_400_000, 604_800_000, 45_000,
    ]);
    for (const text of ['', 's', '-1s', '1.5h', '1w', '1s1', '9999999999s']) expect(() => parseDuration(text), text).to.throw(KedgeError);
  });
});
