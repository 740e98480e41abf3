import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { controlPlaneMigrations } from '../../../src/store/controlplane-schema.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { KubeObjectStore, ObjectTooLarge, type Change } from '../../../src/store/kube-objects.ts';

describe('store of Kubernetes objects', () => {
  let dir: string;
  let store: KubeObjectStore;
  const open = (options = {}): KubeObjectStore => new KubeObjectStore(openDatabase(join(dir, 'data.db'), controlPlaneMigrations), options);
  const key = (name: string, namespace = 'n') => ({ resource: 'pods', namespace, name });
  const put = (name: string, at = '') =>
    store.write((writer) => writer.put(key(name), { metadata: { name, namespace: 'n', labels: { at } } }));
  const remove = (name: string) => store.write((writer) => writer.remove(key(name), writer.get(key(name))!));
  const shown = (revision?: number) => [...store.list('pods', { revision })].map(({ metadata }) => `${metadata.name}${metadata.labels?.['at'] ?? ''}`).join(' '); // prettier-ignore

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-store-'));
    store = open();
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true });
  });

  it('shows every moment that it remembers', async () => {
    const moments: string[] = [''];
    for (const step of [
      () => put('b', '1'),
      () => put('a', '1'),
      () => put('b', '2'),
      () => put('d', '1'),
      () => remove('a'),
      () => put('c', '1'),
      () => remove('d'),
      () => put('a', '2'),
    ]) {
      // prettier-ignore
      await step();
      moments.push(shown());
    }
    expect(moments.at(-1)).to.equal('a2 b2 c1');
    expect(moments.map((_, revision) => shown(revision))).to.deep.equal(moments);
  });

  it('keeps the objects of a database of the first schema', () => {
    const path = join(dir, 'first.db');
    const first = openDatabase(path, controlPlaneMigrations.slice(0, 1));
    const insert = first.prepare("INSERT INTO objects VALUES ('pods', ?, ?, ?)");
    for (const name of ['b', 'a']) insert.run('n', name, JSON.stringify({ metadata: { name, namespace: 'n' } }));
    first.close();
    const now = new KubeObjectStore(openDatabase(path, controlPlaneMigrations));
    expect([...now.list('pods')].map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b']);
    expect(now.get(key('b'))?.metadata).to.deep.equal({ name: 'b', namespace: 'n' });
    now.close();
  });

  it('gives every write of a group its own result, and the others go on when one fails', async () => {
    const changes: Change[] = [];
    store.subscribe('pods', (change) => changes.push(change));
    const results = await Promise.allSettled([
      put('a'),
      store.write((writer) => {
        writer.put(key('half'), { metadata: { name: 'half' } });
        throw new Error('no');
      }),
      store.write((writer) => writer.put(key('dry'), { metadata: { name: 'dry' } }), { dryRun: true }),
      put('b'),
    ]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(changes.map(({ name, revision }) => `${name}${revision}`)).to.deep.equal(['a1', 'b2']);
    expect([shown(), store.revision]).to.deep.equal(['a b', 2]);
  });

  it('tells all listeners, in order, whatever one of them throws', async () => {
    const failures: string[] = [];
    store.close();
    store = open({ listenerFailed: (error: unknown, { name }: Change) => failures.push(`${String(error)} at ${name}`) });
    const heard: string[] = [];
    store.subscribe('pods', ({ name }) => {
      if (name !== 'c') throw new Error('no');
    });
    store.subscribe('pods', ({ name }) => heard.push(name));
    store.subscribe('*', ({ name }) => heard.push(`${name}, of all`));
    await Promise.all([put('a'), put('b'), put('c')]);
    expect(heard).to.deep.equal(['a', 'a, of all', 'b', 'b, of all', 'c', 'c, of all']);
    expect(failures).to.deep.equal(['Error: no at a', 'Error: no at b']);
  });

  it('goes on where it was after it was opened again', async () => {
    await put('a', '1');
    await put('a', '2');
    await remove('a');
    store.close();
    store = open();
    expect(store.revision).to.equal(3);
    expect(
      [...store.changesAfter('pods', 1)].map(({ type, previous }) => `${type} ${previous?.metadata.labels?.['at'] ?? ''}`),
    ).to.deep.equal(['MODIFIED 1', 'DELETED 2']);
    expect((await put('b')).metadata.resourceVersion).to.equal('4');
  });

  it('forgets old changes beyond its number of bytes, never the newest', async () => {
    store.close();
    store = open({ maxChangeBytes: 10_000 });
    for (let index = 0; index < 20; index += 1) await put('a', 'x'.repeat(1_000));
    expect(store.revision - store.oldestRevision).to.be.within(1, 10);
    await put('a', 'x'.repeat(50_000));
    expect(store.revision - store.oldestRevision).to.equal(1);
  });

  it('refuses in a dry run what is too large to keep', async () => {
    const large = { metadata: { name: 'a', annotations: { text: 'x'.repeat(1_000) } } };
    for (const dryRun of [true, false]) {
      const refusal = await store.write((writer) => writer.put(key('a'), large, 500), { dryRun }).catch((error: unknown) => error);
      expect(refusal, `dry run: ${dryRun}`).to.be.instanceOf(ObjectTooLarge);
    }
  });

  it('lets nobody else read its files', async () => {
    await put('a');
    const modes = ['data.db', 'data.db-wal', 'data.db-shm'].map((name) => statSync(join(dir, name)).mode & 0o777);
    expect(modes).to.deep.equal([0o600, 0o600, 0o600]);
  });

  it('reads long lists in order, from anywhere', async () => {
    const names = Array.from({ length: 1_203 }, (_, index) => `p${String(index).padStart(5, '0')}`);
    await Promise.all(names.map((name) => put(name)));
    expect([...store.list('pods', { namespace: 'n' })].map(({ metadata }) => metadata.name)).to.deep.equal(names);
    const after = { namespace: 'n', name: 'p01199' };
    expect([...store.list('pods', { after })].length).to.equal(3);
    expect([store.count('pods', { after }), store.count('pods', { namespace: 'other' }), store.count('pods')]).to.deep.equal([3, 0, 1_203]);
  });
});
