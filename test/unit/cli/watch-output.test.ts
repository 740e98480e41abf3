import { expect } from 'chai';
import { WatchOutput } from '../../../src/cli/watch-output.ts';
import type { Change } from '../../../src/kube/change.ts';

interface Row {
  readonly metadata: { readonly name: string };
  readonly state: string;
  readonly seconds: number;
}
const row = (name: string, state: string, seconds: number): Row => ({ metadata: { name }, state, seconds });
const added = (one: Row): Change<Row> => ({ type: 'ADDED', row: one });
const output = (format: 'table' | 'json' | 'yaml' | 'name') =>
  new WatchOutput<Row>(format, {
    columns: [
      { title: 'NAME', value: ({ metadata }) => metadata.name },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'AGE', value: ({ seconds }) => `${seconds}s` },
    ],
    resource: { kind: 'Device', group: 'devices.kubeedge.io' },
    objectOf: (one) => one,
  });

describe('the text of a watch', () => {
  it('is a table whose columns stay where they are', async () => {
    const watched = output('table');
    expect(await watched.text([added(row('kitchen', 'online', 4))])).to.equal('NAME      STATE    AGE\nkitchen   online   4s');
    expect(await watched.text([added(row('hall', 'off', 0))])).to.equal('hall      off      0s');
    expect(await watched.text([added(row('a-longer-name', 'off', 0))])).to.equal('a-longer-name   off      0s');
  });

  it('leaves out what does not show: an age that grows', async () => {
    const watched = output('table');
    await watched.text([added(row('kitchen', 'online', 4))]);
    expect(await watched.text([{ type: 'MODIFIED', row: row('kitchen', 'online', 9) }])).to.equal(undefined);
    expect(await watched.text([{ type: 'MODIFIED', row: row('kitchen', 'offline', 9) }])).to.equal('kitchen   offline   9s');
  });

  it('says that an object is gone, and knows one of that name that comes after it', async () => {
    const watched = output('table');
    await watched.text([added(row('kitchen', 'online', 4))]);
    expect(await watched.text([{ type: 'DELETED', row: row('kitchen', 'online', 4) }])).to.equal('kitchen   online   deleted');
    expect(await watched.text([added(row('kitchen', 'online', 4))])).to.equal('kitchen   online   4s');
  });

  it('has headings when there is nothing yet, and only once', async () => {
    const watched = output('table');
    expect(await watched.text([])).to.equal('NAME   STATE   AGE');
    expect(await watched.text([])).to.equal(undefined);
  });

  it('is one line of JSON, one document of YAML, or one name for each change', async () => {
    const changes: Change<Row>[] = [added(row('hall', 'off', 1)), { type: 'DELETED', row: row('hall', 'off', 2) }];
    const lines = (await output('json').text(changes))?.split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines).to.deep.equal(changes.map(({ type, row: object }) => ({ type, object })));
    expect(await output('yaml').text(changes.slice(0, 1))).to.match(/^---\ntype: ADDED\nobject:\n {2}metadata:/);
    expect(await output('name').text(changes.slice(0, 1))).to.equal('device.devices.kubeedge.io/hall');
    expect(await output('json').text([])).to.equal(undefined);
  });
});
